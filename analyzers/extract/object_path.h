// Which object does an expression denote, and by what way was it reached?
#pragma once

#include <string>

#include "extract/cursor.h"

namespace quarrel {

enum class PathRoot { kThis, kVariable, kOther };

/// The way from a root to an object: `this->shards_[i].hits` has root `this` and is indexed.
struct ObjectPath {
  PathRoot root = PathRoot::kOther;
  CXCursor variable{};              ///< of a path whose root is a variable
  bool is_indexed = false;          ///< by something other than a constant
  bool is_through_pointer = false;  ///< the object need not lie in the root
  std::string text;                 ///< as one would write it
  std::string index{};              ///< the last index on the way that is no constant, as written
};

/// Follows `expression` to its root. Null or an unknown expression: text is "?".
ObjectPath path_of(CXCursor expression);

/// The object expression below a MemberRefExpr; null if it is the implicit `this`.
CXCursor base_of_member(CXCursor member);

/// True for a parameter or an automatic variable of a function.
bool is_private_local(CXCursor variable);

/// `x` of `&x`; any other expression itself.
CXCursor address_target(CXCursor expression);

/// The base and the index of `a[i]`, `p + i`, operator[] and at(); both null of anything else.
struct IndexedElement {
  CXCursor base{};
  CXCursor index{};
};

IndexedElement indexed_element(CXCursor expression);

/// An index as written; where a macro brings it, as a path.
std::string text_of_index(CXCursor index);

/// True if the type of the base of a member expression makes it an arrow.
bool is_arrow(CXCursor base);

/// The field or variable that an expression finally names, looking through `&`, `*` and subscripts;
/// null if it is a call or the like. For a pointer that is the pointer itself.
CXCursor named_object(CXCursor expression);

}  // namespace quarrel
