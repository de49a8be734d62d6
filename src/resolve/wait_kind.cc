// What does a thread wait for: a mutex, a condition variable, a semaphore, ...?
#include "resolve/wait_kind.h"

#include <linux/futex.h>

#include <algorithm>
#include <utility>

#include "model/wait_kind_name.h"
#include "resolve/built_locks.h"
#include "resolve/goroutine_waits.h"

namespace quarrel {
namespace {

constexpr uint8_t kOtherValue = 4;
constexpr uint8_t kRobustValue = 5;

WaitKind kind_by_bitset(const FutexSignature& signature) {
  if (!signature.is_private && signature.value_class == kRobustValue) return WaitKind::kRobustMutex;
  if (!signature.is_private && signature.value_class == kOtherValue) return WaitKind::kJoin;
  switch (signature.value_class) {
    case 0:
      return WaitKind::kCondvar;
    case 2:
      return signature.is_timed ? WaitKind::kMutex : WaitKind::kRwlockWrite;
    case 3:
      return WaitKind::kRwlockRead;
    default:
      return WaitKind::kOther;
  }
}

WaitKind kind_by_signature(const FutexSignature& signature) {
  switch (signature.operation) {
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return WaitKind::kPiMutex;
    case FUTEX_WAIT_BITSET:
      return kind_by_bitset(signature);
    case FUTEX_WAIT_REQUEUE_PI:
      return WaitKind::kCondvar;
    case FUTEX_WAIT:
      break;
    default:
      return WaitKind::kOther;
  }
  // glibc never waits for a robust mutex with a private futex; others use the top bit otherwise.
  if (signature.value_class == kRobustValue)
    return signature.is_private ? WaitKind::kOther : WaitKind::kRobustMutex;
  if (signature.value_class == 2) return WaitKind::kMutex;
  if (signature.is_private) return WaitKind::kOther;
  return signature.value_class <= kOtherValue ? WaitKind::kAtomicWait : WaitKind::kOther;
}

/// Threads of Go's runtime sleep until there is work (value 0), or for a lock of the runtime
/// itself.
bool is_go_runtime(std::span<const std::string_view> functions) {
  return !functions.empty() && functions.front().starts_with("runtime.futex");
}

Wait go_runtime_wait(const FutexSignature& signature) {
  return {.kind = signature.value_class == 2 ? WaitKind::kOwnLock : WaitKind::kPark,
          .has_glibc_layout = false,
          .attributes = {}};
}

/// Writers of a RWMutex first take the Mutex in it.
Wait goroutine_wait(const FutexSignature& signature, std::span<const std::string_view> functions) {
  const bool is_rwmutex = std::ranges::any_of(functions, [](std::string_view function) {
    return function.find("sync.(*RWMutex)") != std::string_view::npos;
  });
  const bool is_mutex = signature.value_class == static_cast<uint8_t>(GoLockKind::kMutex);
  return {.kind = is_mutex && !is_rwmutex ? WaitKind::kGoMutex : WaitKind::kGoRwmutex,
          .has_glibc_layout = false,
          .attributes = {}};
}

/// The lock that is made of the primitive, if one is.
const BuiltLock* lock_made_of(WaitKind primitive, std::span<const std::string_view> functions) {
  const bool may_be = primitive == WaitKind::kCondvar || primitive == WaitKind::kSemaphore;
  return may_be ? built_lock(functions) : nullptr;
}

}  // namespace

Wait classify(const FutexSignature& signature, std::span<const std::string_view> functions) {
  if (signature.operation == kGoroutineWait) return goroutine_wait(signature, functions);
  if (is_go_runtime(functions)) return go_runtime_wait(signature);
  const WaitKind by_signature = kind_by_signature(signature);
  const auto meaning = meaning_of_stack(functions);
  const bool is_special =
      by_signature == WaitKind::kPiMutex || by_signature == WaitKind::kRobustMutex;
  // glibc sleeps for a signal with FUTEX_WAIT_BITSET, and for the mutex afterwards with FUTEX_WAIT.
  const bool takes_mutex_back =
      signature.operation == FUTEX_WAIT && by_signature == WaitKind::kMutex;
  WaitKind kind = meaning ? meaning->kind : by_signature;
  if (signature.operation == FUTEX_WAIT_REQUEUE_PI) kind = WaitKind::kCondvar;
  if (kind == WaitKind::kCondvar && meaning && meaning->is_of_glibc && takes_mutex_back)
    kind = WaitKind::kMutex;
  if (kind == WaitKind::kMutex && is_special) kind = by_signature;
  if (is_own_futex_call(functions) && by_signature == WaitKind::kPiMutex) kind = by_signature;
  const bool has_glibc_layout = !meaning || meaning->is_of_glibc;
  const BuiltLock* lock = lock_made_of(kind, functions);
  Wait wait{kind, has_glibc_layout, attributes_of_wait(kind, signature, meaning, functions)};
  if (lock == nullptr) return wait;
  wait.made_of = std::exchange(wait.kind, lock->kind);
  return wait;
}

// pthread_cond_t: __g_signals[2] at 40; pthread_rwlock_t: __wrphase_futex at 8, __writers_futex at
// 12; pthread_barrier_t: current_round at 4 (glibc 2.36). All of them are 8-aligned but the last.
uint64_t object_start(WaitKind kind, uint64_t word) {
  uint64_t upper_half = word & 4;
  switch (kind) {
    case WaitKind::kCondvar:
      return word - 40 - upper_half;
    case WaitKind::kRwlockRead:
    case WaitKind::kRwlockWrite:
      return word - 8 - upper_half;
    case WaitKind::kBarrier:
      return word - 4;
    case WaitKind::kMutex:
    case WaitKind::kRobustMutex:
    case WaitKind::kPiMutex:
    case WaitKind::kGoMutex:
    case WaitKind::kGoRwmutex:
    case WaitKind::kOwnLock:
    case WaitKind::kSemaphore:
    case WaitKind::kLatch:
    case WaitKind::kJoin:
    case WaitKind::kFuture:
    case WaitKind::kCallOnce:
    case WaitKind::kAtomicWait:
    case WaitKind::kPark:
    case WaitKind::kChannel:
    case WaitKind::kOther:
      return word;
  }
  return word;
}

std::string kind_noun(WaitKind kind) {
  if (kind == WaitKind::kRwlockRead || kind == WaitKind::kRwlockWrite) return "rwlock";
  return kind == WaitKind::kOther ? "futex" : wait_kind_name(kind);
}

}  // namespace quarrel
