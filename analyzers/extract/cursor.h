// How does the C API of libclang read as plain values?
#pragma once

#include <clang-c/Index.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace quarrel {

/// The text of a CXString, which is disposed.
std::string take(CXString text);

std::string spelling_of(CXCursor cursor);
std::string spelling_of(CXType type);

/// The direct children, in the order in which libclang visits them.
std::vector<CXCursor> children_of(CXCursor cursor);

/// Only those children that are expressions: libclang mixes in the names of types and namespaces.
std::vector<CXCursor> expressions_in(CXCursor cursor);

/// The first of expressions_in(), or null.
CXCursor first_expression_in(CXCursor cursor);

/// The operand of a cast, a pair of parentheses or an implicit conversion; null of anything else. A
/// cast to `typeof(x)` shows x too, before its operand.
CXCursor operand_inside(CXCursor cursor);

/// The initialiser of a variable, in a list, or nothing.
std::vector<CXCursor> initialiser_of(CXCursor variable);

/// `cursor` without parentheses, casts and implicit conversions around it. An atomic builtin is an
/// unexposed expression too, but has several operands and is left alone.
CXCursor strip(CXCursor cursor);

/// True for the null cursor and for a value-initialised one, which libclang takes for a cursor. The
/// null cursor has a kind of its own (clang_getNullCursor); asking libclang takes three calls.
inline bool is_null(CXCursor cursor) {
  return cursor.kind == CXCursorKind{} || cursor.kind == CXCursor_InvalidFile;
}
inline CXCursor null_cursor() {
  return clang_getNullCursor();
}
inline CXType type_of(CXCursor cursor) {
  return clang_getCursorType(cursor);
}
inline CXType canonical(CXType type) {
  return clang_getCanonicalType(type);
}

/// libclang crashes on the type of what has none.
inline CXType unqualified(CXType type) {
  return type.kind == CXType_Invalid ? type : clang_getUnqualifiedType(type);
}

/// True if the declaration stands in a header that was found through -isystem or the like.
bool is_in_system_header(CXCursor cursor);

/// True for functions, methods, constructors, destructors and conversions; not for templates.
bool is_function(CXCursor cursor);
/// True for an instance of a function template, and for a method of an instance of a class
/// template.
bool is_instantiation(CXCursor function);

/// Function templates too.
bool is_function_like(CXCursor cursor);
bool is_record(CXCursor cursor);
bool is_variable(CXCursor cursor);

/// True if the cursor lies in a template that has not been instantiated.
bool is_dependent(CXCursor cursor);

/// The class of a lambda, given its call operator; a null cursor if it is none.
CXCursor lambda_class_of(CXCursor function);

/// Pointers and references stripped, canonical.
CXType pointee(CXType type);

/// The value of a constant integer expression, or `fallback`.
long long evaluate(CXCursor expression, long long fallback);

struct CursorHash {
  size_t operator()(CXCursor cursor) const { return clang_hashCursor(cursor); }
};
struct CursorEqual {
  bool operator()(CXCursor a, CXCursor b) const {
    return a.kind == b.kind && clang_equalCursors(a, b) != 0;
  }
};
template <class T>
using CursorMap = std::unordered_map<CXCursor, T, CursorHash, CursorEqual>;
using CursorSet = std::unordered_set<CXCursor, CursorHash, CursorEqual>;

}  // namespace quarrel
