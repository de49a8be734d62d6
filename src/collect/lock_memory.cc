// What does the memory of the target say about a lock that threads wait for?
#include "collect/lock_memory.h"

#include <sys/uio.h>

namespace quarrel {
namespace {

// Bounds memory; further locks keep their kind and lose only their attributes.
constexpr size_t kMaxWords = 1 << 18;

// Largest pid_max of a 64-bit kernel (PID_MAX_LIMIT in include/linux/threads.h).
constexpr uint32_t kMaxTid = 4194304;

// pthread_mutex_t of glibc on x86-64: lock, count, owner, nusers, kind. No kind has a bit above
// PTHREAD_MUTEX_NO_ELISION_NP (nptl/pthreadP.h).
constexpr size_t kOwner = 2;
constexpr size_t kUsers = 3;
constexpr size_t kKind = 4;
constexpr uint32_t kKindBits = 0x3ff;

// pthread_rwlock_t: __flags at 48, seen from __wrphase_futex at 8 or __writers_futex at 12. The
// largest is PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP.
constexpr size_t kFlagsFromPhase = 10;
constexpr uint32_t kMaxRwlockFlags = 2;

}  // namespace

LockMemory judge_lock_memory(uint64_t address, const uint32_t (&words)[kLockMemoryWords]) {
  LockMemory memory{.address = address};
  const bool has_people = words[kOwner] <= kMaxTid && words[kUsers] <= kMaxTid;
  if (has_people && (words[kKind] & ~kKindBits) == 0)
    memory.mutex_kind = static_cast<int32_t>(words[kKind]);
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
