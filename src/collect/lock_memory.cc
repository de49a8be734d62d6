// What does the memory of the target say about a lock that threads wait for?
#include "collect/lock_memory.h"

#include <sys/uio.h>

#include "lock_wait_decisions.h"

namespace quarrel {
namespace {

// Bounds memory; further locks keep their kind and lose only their attributes.
constexpr size_t kMaxWords = 1 << 18;

// pthread_mutex_t of glibc on x86-64: lock, count, and what mutex_tail has.
constexpr size_t kMutexTail = OWNER_OF_MUTEX / sizeof(uint32_t);

// pthread_rwlock_t: __flags at 48, seen from __wrphase_futex at 8 or __writers_futex at 12. The
// largest is PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP.
constexpr size_t kFlagsFromPhase = 10;
constexpr uint32_t kMaxRwlockFlags = 2;

}  // namespace

LockMemory judge_lock_memory(uint64_t address, const uint32_t (&words)[kLockMemoryWords]) {
  LockMemory memory{.address = address};
  const mutex_tail tail = {
      .owner = words[kMutexTail], .users = words[kMutexTail + 1], .kind = words[kMutexTail + 2]};
  if (looks_like_mutex(&tail) != 0) memory.mutex_kind = static_cast<int32_t>(tail.kind);
  const uint32_t flags = words[kFlagsFromPhase - ((address & 4) != 0 ? 1 : 0)];
  if (flags <= kMaxRwlockFlags) memory.rwlock_flags = static_cast<int32_t>(flags);
  return memory;
}

void LockMemoryReader::look_at(pid_t pid, uint64_t address, Recording& recording) {
  if (seen_.size() >= kMaxWords || !seen_.insert(address).second) return;
  uint32_t words[kLockMemoryWords] = {};
  const iovec local{words, sizeof(words)};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process
  const iovec remote{reinterpret_cast<void*>(address), sizeof(words)};
  if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(sizeof(words)))
    return;
  const LockMemory memory = judge_lock_memory(address, words);
  if (memory.mutex_kind != LockMemory::kUnlikely || memory.rwlock_flags != LockMemory::kUnlikely)
    recording.lock_memory.push_back(memory);
}

}  // namespace quarrel
