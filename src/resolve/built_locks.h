// Which locks are made of a condition variable or a semaphore, so that waiting for them looks like
// waiting for an event?
#pragma once

#include <span>
#include <string_view>

#include "model/profile.h"

namespace quarrel {

/// A lock of a well-known program that sleeps in another primitive.
struct BuiltLock {
  std::string_view function;  ///< how the name of the function that takes it starts
  WaitKind kind = WaitKind::kOwnLock;
  std::string_view noun;  ///< for locks that no variable names
  /// There is one in a process, or which of them it is tells the reader nothing.
  bool is_whole_name = false;
  /// Each thread sleeps on a word of its own, wherever the lock is.
  bool waits_by_own_word = false;
};

/// The lock that functions (demangled, innermost first) wait for with a condition variable or a
/// semaphore. Null: none is known, so they wait for an event.
const BuiltLock* built_lock(std::span<const std::string_view> functions);

}  // namespace quarrel
