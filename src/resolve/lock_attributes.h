// Of which sort is a mutex, a rwlock or a condition variable: recursive, shared, timed, ...?
#pragma once

#include "model/profile.h"
#include "resolve/wait_functions.h"

namespace quarrel {

/// What one wait says. `meaning` is that of its stack, if it says anything.
LockAttributes attributes_of_wait(WaitKind kind, const FutexSignature& signature,
                                  const std::optional<WaitMeaning>& meaning,
                                  std::span<const std::string_view> functions);

/// What the memory of a lock of this kind says.
LockAttributes attributes_of_memory(WaitKind kind, const LockMemory& memory);

void add_attributes(LockAttributes& to, const LockAttributes& from);

}  // namespace quarrel
