// Which code belongs to the runtime of another language, or to a library of locks, and not to the
// user?
#pragma once

#include <string_view>

namespace quarrel {

/// True for source files of Rust's standard library and of absl.
bool is_runtime_file(std::string_view file);

/// True for shared libraries of absl, of OpenMP runtimes and of TBB; `module` is a path.
bool is_runtime_module(std::string_view module);

/// True for functions (demangled) of absl, of Rust's core libraries and of its usual lock crates.
bool is_runtime_function(std::string_view function);

/// True for types and functions of Rust's core libraries and of its usual lock crates, without
/// std:: itself. Spelled out as far as no namespace of a C++ program is likely to be.
bool is_rust_library_name(std::string_view name);

}  // namespace quarrel
