// What does a thread wait for: a mutex, a condition variable, a semaphore, ...?
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "model/profile.h"
#include "resolve/lock_attributes.h"

namespace quarrel {

struct Wait {
  WaitKind kind = WaitKind::kOther;
  /// The object is laid out as glibc does, as far as the stack tells: its parts and its memory mean
  /// what glibc's headers say.
  bool has_glibc_layout = true;
  LockAttributes attributes;
  /// Of a lock that is made of another primitive (built_locks.h): what the thread sleeps in.
  std::optional<WaitKind> made_of = std::nullopt;
};

/// What a wait is by the functions on the waiter's stack, innermost first, and where they do not
/// tell, by what the futex call looked like. Signatures are those of glibc 2.36 and libstdc++ 12;
/// a condition variable and a semaphore have the same one, so without a stack it is a condition
/// variable.
Wait classify(const FutexSignature& signature, std::span<const std::string_view> functions);

/// Start of the synchronisation object of glibc's that has this futex word.
uint64_t object_start(WaitKind kind, uint64_t word);

/// "mutex", "condition variable", ...: for objects that have no name of their own.
std::string kind_noun(WaitKind kind);

}  // namespace quarrel
