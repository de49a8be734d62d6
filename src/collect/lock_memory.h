// What does the memory of the target say about a lock that threads wait for?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <unordered_set>

#include "model/recording.h"

namespace quarrel {

/// Looks once at each futex word, through process_vm_readv: the target is not stopped.
class LockMemoryReader {
 public:
  /// Adds a row to `recording.lock_memory` if the word is new, the memory can be read and it looks
  /// like a lock of glibc.
  void look_at(pid_t pid, uint64_t address, Recording& recording);

 private:
  std::unordered_set<uint64_t> seen_;
};

/// Words of 32 bits from the futex word on, as many as the decisions below need.
inline constexpr size_t kLockMemoryWords = 13;

/// What these words say; pure, for tests.
LockMemory judge_lock_memory(uint64_t address, const uint32_t (&words)[kLockMemoryWords]);

}  // namespace quarrel
