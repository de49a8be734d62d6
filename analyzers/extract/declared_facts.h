// What does the declaration of a field or variable say that its type does not?
#pragma once

#include <clang-c/Index.h>

#include <string>

namespace quarrel {

/// The type as written, without array bounds and tag keywords: "spinlock_t".
std::string declared_type_of(CXCursor declarator);

/// The array bounds as written: "MAX_THREADS", "2][kSlots" of two dimensions; of a std::array its
/// last argument. "" without a bound, and where a macro makes the whole declarator.
std::string bound_text_of(CXCursor declarator);

}  // namespace quarrel
