// Which code belongs to the runtime of another language, or to a library of locks, and not to the
// user?
#include "model/runtime_code.h"

#include <algorithm>
#include <array>

namespace quarrel {
namespace {

template <size_t Count>
bool starts_with_any(std::string_view text, const std::array<std::string_view, Count>& starts) {
  return std::ranges::any_of(starts, [&](auto start) { return text.starts_with(start); });
}

}  // namespace

bool is_runtime_file(std::string_view file) {
  // Rust's prebuilt library was compiled below /rustc/HASH, Debian's below /usr/src/rustc-VERSION.
  constexpr std::array<std::string_view, 7> kParts = {
      "/library/std/src/",  "/library/core/src/", "/library/alloc/src/", "/absl/synchronization/",
      "/parking_lot_core-", "/parking_lot-",      "/lock_api-"};
  return std::ranges::any_of(kParts, [&](auto part) { return file.find(part) != file.npos; });
}

bool is_runtime_module(std::string_view module) {
  constexpr std::array<std::string_view, 6> kNames = {"libabsl_",    "libgomp.so", "libomp.so",
                                                      "libiomp5.so", "libtbb.so",  "libjvm.so"};
  return starts_with_any(module.substr(module.rfind('/') + 1), kNames);
}

bool is_runtime_function(std::string_view function) {
  constexpr std::array<std::string_view, 6> kStarts = {
      "absl::", "AbslInternal", "__rust_", "LWLock", "PGSemaphore", "PyThread_acquire_lock"};
  return starts_with_any(function, kStarts) || is_rust_library_name(function);
}

bool is_rust_library_name(std::string_view name) {
  constexpr std::array<std::string_view, 20> kStarts = {
      "core::cell::",         "core::sync::", "core::ops::",     "core::mem::",
      "core::ptr::",          "core::option", "core::result",    "core::panic",
      "core::slice::",        "core::num::",  "alloc::sync::",   "alloc::boxed::",
      "alloc::rc::",          "alloc::vec::", "alloc::string::", "alloc::raw_vec",
      "alloc::collections::", "lock_api::",   "parking_lot::",   "parking_lot_core::"};
  while (name.starts_with('<') || name.starts_with('&')) name.remove_prefix(1);
  return starts_with_any(name, kStarts);
}

}  // namespace quarrel
