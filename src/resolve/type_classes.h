// Which type names stand for atomics and locks, in C, C++, Rust and Go?
#pragma once

#include <string_view>

#include "model/source_facts.h"

namespace quarrel {

struct TypeClass {
  bool is_atomic = false;
  LockClass lock = LockClass::kNone;
};

/// By the qualified name, shortened (names.h), of a record or typedef of a library.
TypeClass class_of_type_name(std::string_view name);

/// True for what a compiler or a standard library brings along, by its qualified name.
bool is_library_type_name(std::string_view name);

/// True for what has no declaration in any source, by its name: Rust's tuples, slices and virtual
/// tables, Go's slices, maps and standard packages. Only for types without a declaring file, as the
/// DWARF of these two languages has them.
bool is_undeclared_library_type_name(std::string_view name);

/// True for headers that a user did not write, by their path.
bool is_library_path(std::string_view path);

}  // namespace quarrel
