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
  /// The primitive is glibc's own, so that flags and memory mean what its headers say.
  bool is_of_glibc = false;
};

/// The meaning by the functions (demangled) on the waiter's stack, innermost first. Nothing if none
/// of them is known.
std::optional<WaitMeaning> meaning_of_stack(std::span<const std::string_view> functions);

/// True if the program called the kernel itself, so that the signatures of glibc mean nothing.
bool is_own_futex_call(std::span<const std::string_view> functions);

/// True if the primitive lets each thread sleep on a word of its own, wherever the lock is.
bool waits_by_own_word(std::span<const std::string_view> functions);

/// True if a thread of an OpenMP team waits for the others, or for work.
bool waits_for_team(std::span<const std::string_view> functions);

/// True if the thread waits for a condition that a mutex of its own guards (absl::Mutex::Await).
bool awaits_at_mutex(std::span<const std::string_view> functions);

inline constexpr std::string_view kArenaLock = "malloc arena lock";

/// A lock of glibc that no variable leads to: "malloc arena lock", ...; empty if it is none.
std::string_view library_lock(std::span<const std::string_view> functions);

}  // namespace quarrel
