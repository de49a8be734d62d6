// Of which sort is a mutex, a rwlock or a condition variable: recursive, shared, timed, ...?
#include "resolve/lock_attributes.h"

#include <algorithm>
#include <array>

#include "model/wait_kind_name.h"

namespace quarrel {
namespace {

// nptl/pthreadP.h and pthread.h of glibc 2.36.
constexpr int32_t kTypeMask = 3;
constexpr int32_t kRecursive = 1;
constexpr int32_t kErrorcheck = 2;
constexpr int32_t kAdaptive = 3;
constexpr int32_t kSharedBit = 128;
constexpr int32_t kPrefersWriters = 2;

bool is_mutex(WaitKind kind) {
  return kind == WaitKind::kMutex || kind == WaitKind::kRobustMutex || kind == WaitKind::kPiMutex;
}

// glibc waits for a robust mutex and for the end of a thread as if processes shared them.
bool tells_sharing(WaitKind kind) {
  constexpr std::array kKinds = {WaitKind::kMutex,       WaitKind::kPiMutex, WaitKind::kRwlockRead,
                                 WaitKind::kRwlockWrite, WaitKind::kCondvar, WaitKind::kSemaphore,
                                 WaitKind::kBarrier};
  return std::ranges::find(kKinds, kind) != kKinds.end();
}

}  // namespace

LockAttributes attributes_of_wait(WaitKind kind, const FutexSignature& signature,
                                  const std::optional<WaitMeaning>& meaning,
                                  std::span<const std::string_view> functions) {
  LockAttributes attributes;
  attributes.is_timed = signature.is_timed;
  attributes.is_process_shared = meaning && meaning->is_of_glibc && meaning->kind == kind &&
                                 tells_sharing(kind) && !signature.is_private;
  attributes.is_reacquired =
      is_contention(kind) && std::ranges::any_of(functions, waits_for_condition);
  return attributes;
}

LockAttributes attributes_of_memory(WaitKind kind, const LockMemory& memory) {
  LockAttributes attributes;
  if (is_mutex(kind) && memory.mutex_kind != LockMemory::kUnlikely) {
    const int32_t type = memory.mutex_kind & kTypeMask;
    attributes.is_recursive = type == kRecursive;
    attributes.is_errorcheck = type == kErrorcheck;
    attributes.is_adaptive = type == kAdaptive;
    // glibc sets the bit for every robust mutex.
    attributes.is_process_shared =
        kind != WaitKind::kRobustMutex && (memory.mutex_kind & kSharedBit) != 0;
  }
  if (kind == WaitKind::kRwlockRead || kind == WaitKind::kRwlockWrite)
    attributes.prefers_writers = memory.rwlock_flags == kPrefersWriters;
  return attributes;
}

void add_attributes(LockAttributes& to, const LockAttributes& from) {
  to.is_recursive |= from.is_recursive;
  to.is_errorcheck |= from.is_errorcheck;
  to.is_adaptive |= from.is_adaptive;
  to.is_process_shared |= from.is_process_shared;
  to.prefers_writers |= from.prefers_writers;
  to.is_timed |= from.is_timed;
  to.is_reacquired |= from.is_reacquired;
}

}  // namespace quarrel
