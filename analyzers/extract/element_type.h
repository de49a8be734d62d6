// Which record do the elements have that a pointer or a container leads to?
#pragma once

#include <clang-c/Index.h>

namespace quarrel {

/// Pointers, references and arrays stripped, canonical.
CXType element_behind(CXType type);

/// Declaration of the record behind `T*`, `T&`, `T[]`, `std::vector<T>`, `std::unique_ptr<T[]>`,
/// `std::map<K, T>` and the like, also of libraries other than std; a null cursor if there is none.
/// A record that holds its T itself (`Padded<T>`) is its own element.
CXCursor element_record_of(CXType type);

}  // namespace quarrel
