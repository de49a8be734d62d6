// Which functions of C, C++ and other runtimes wait, and for what?
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "model/profile.h"

namespace quarrel {

/// What the functions on a stack say about a wait.
struct WaitMeaning {
  WaitKind kind = WaitKind::kOther;
  /// The futex call is glibc's own, so that its flags tell whether processes share the object.
  bool is_of_glibc = false;
};

/// The meaning by the functions (demangled) on the waiter's stack, innermost first. Nothing if none
/// of them is known.
std::optional<WaitMeaning> meaning_of_stack(std::span<const std::string_view> functions);

/// True if the program called the kernel itself, so that the signatures of glibc mean nothing.
bool is_own_futex_call(std::span<const std::string_view> functions);

/// True if the primitive lets each thread sleep on a word of its own, wherever the lock is.
bool waits_by_own_word(std::span<const std::string_view> functions);

inline constexpr std::string_view kArenaLock = "malloc arena lock";

/// A lock of glibc that no variable leads to: "malloc arena lock", ...; empty if it is none.
std::string_view library_lock(std::span<const std::string_view> functions);

}  // namespace quarrel
