// What does a thread wait for: a mutex, a condition variable, a semaphore, ...?
#include "resolve/wait_kind.h"

#include <linux/futex.h>

#include <algorithm>
#include <optional>

#include "model/wait_kind_name.h"

namespace quarrel {
namespace {

struct FunctionKind {
  std::string_view prefix;  // without leading underscores
  WaitKind kind;
};

// The innermost of these on the stack decides: a thread that takes the mutex back inside of
// pthread_cond_wait waits for the mutex.
constexpr FunctionKind kFunctionKinds[] = {
    {"pthread_cond_", WaitKind::kCondvar},
    {"pthread_mutex_", WaitKind::kMutex},
    {"lll_lock_wait", WaitKind::kMutex},
    {"pthread_rwlock_rd", WaitKind::kRwlockRead},
    {"pthread_rwlock_timedrd", WaitKind::kRwlockRead},
    {"pthread_rwlock_clockrd", WaitKind::kRwlockRead},
    {"pthread_rwlock_wr", WaitKind::kRwlockWrite},
    {"pthread_rwlock_timedwr", WaitKind::kRwlockWrite},
    {"pthread_rwlock_clockwr", WaitKind::kRwlockWrite},
    {"new_sem_", WaitKind::kSemaphore},
    {"sem_wait", WaitKind::kSemaphore},
    {"sem_timedwait", WaitKind::kSemaphore},
    {"sem_clockwait", WaitKind::kSemaphore},
    {"pthread_join", WaitKind::kJoin},
    {"pthread_timedjoin", WaitKind::kJoin},
    {"pthread_clockjoin", WaitKind::kJoin},
    {"pthread_barrier_", WaitKind::kBarrier},
    {"std::barrier", WaitKind::kBarrier},
    {"std::__tree_barrier", WaitKind::kBarrier},
    {"std::counting_semaphore", WaitKind::kSemaphore},
    {"std::__atomic_semaphore", WaitKind::kSemaphore},
    {"std::__atomic_futex_unsigned", WaitKind::kAtomicWait},
    {"std::__atomic_wait", WaitKind::kAtomicWait},
    {"std::__detail::__waiter", WaitKind::kAtomicWait},
    {"std::__detail::__platform_wait", WaitKind::kAtomicWait},
    {"std::atomic", WaitKind::kAtomicWait},
    {"std::latch", WaitKind::kAtomicWait},
    {"std::condition_variable", WaitKind::kCondvar},
};

std::optional<WaitKind> kind_of_function(std::string_view function) {
  if (!function.starts_with("std::"))
    function.remove_prefix(std::min(function.find_first_not_of('_'), function.size()));
  for (const FunctionKind& entry : kFunctionKinds)
    if (function.starts_with(entry.prefix)) return entry.kind;
  return std::nullopt;
}

// std::barrier and std::counting_semaphore are built on the atomic wait of libstdc++.
std::optional<WaitKind> kind_by_stack(std::span<const std::string_view> functions) {
  std::optional<WaitKind> kind;
  for (std::string_view function : functions) {
    auto own = kind_of_function(function);
    if (!own) continue;
    if (!kind && own != WaitKind::kAtomicWait) return own;
    if (!kind) kind = own;
    if (own == WaitKind::kBarrier || own == WaitKind::kSemaphore) return own;
  }
  return kind;
}

// Between the sleep and the function that the program called stand at most these many frames.
constexpr size_t kFramesInAllocator = 4;
constexpr std::string_view kAllocatorFunctions[] = {
    "libc_malloc", "malloc",   "libc_calloc",  "calloc",     "libc_realloc",
    "realloc",     "int_free", "int_realloc",  "libc_free",  "free",
    "cfree",       "memalign", "mid_memalign", "arena_get2", "libc_memalign"};

constexpr uint8_t kOtherValue = 4;
constexpr uint8_t kRobustValue = 5;

WaitKind kind_by_bitset(const FutexSignature& signature) {
  if (!signature.is_private) return WaitKind::kJoin;
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
  if (signature.value_class == kRobustValue) return WaitKind::kRobustMutex;
  switch (signature.operation) {
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return WaitKind::kPiMutex;
    case FUTEX_WAIT_BITSET:
      return kind_by_bitset(signature);
    case FUTEX_WAIT:
      break;
    default:
      return WaitKind::kOther;
  }
  if (signature.value_class == 2) return WaitKind::kMutex;
  if (signature.is_private) return WaitKind::kOther;
  return signature.value_class <= kOtherValue ? WaitKind::kAtomicWait : WaitKind::kOther;
}

}  // namespace

WaitKind wait_kind(const FutexSignature& signature, std::span<const std::string_view> functions) {
  WaitKind by_signature = kind_by_signature(signature);
  bool is_special = by_signature == WaitKind::kPiMutex || by_signature == WaitKind::kRobustMutex;
  auto by_stack = kind_by_stack(functions);
  // glibc sleeps for a signal with FUTEX_WAIT_BITSET, and for the mutex afterwards with FUTEX_WAIT.
  bool takes_mutex_back = signature.operation == FUTEX_WAIT && by_signature == WaitKind::kMutex;
  if (by_stack == WaitKind::kCondvar && takes_mutex_back) return WaitKind::kMutex;
  if (!by_stack || (is_special && by_stack == WaitKind::kMutex)) return by_signature;
  return *by_stack;
}

bool waits_in_allocator(std::span<const std::string_view> functions) {
  for (std::string_view function :
       functions.first(std::min(functions.size(), kFramesInAllocator))) {
    function.remove_prefix(std::min(function.find_first_not_of('_'), function.size()));
    if (function.starts_with("pthread_")) return false;
    if (std::ranges::find(kAllocatorFunctions, function) != std::end(kAllocatorFunctions))
      return true;
  }
  return false;
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
    case WaitKind::kSemaphore:
    case WaitKind::kJoin:
    case WaitKind::kAtomicWait:
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
