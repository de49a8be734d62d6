// How do waits of goroutines become waits like those of threads?
#include "resolve/goroutine_waits.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace quarrel {
namespace {

FutexSignature signature_of(GoLockKind kind) {
  return {.operation = kGoroutineWait,
          .is_private = true,
          .is_realtime_clock = false,
          .is_timed = false,
          .value_class = static_cast<uint8_t>(kind)};
}

class GoroutineTable {
 public:
  explicit GoroutineTable(Recording& recording) : recording_(recording) {}

  /// Invalid for those whose number is not known.
  ThreadId of(uint64_t goroutine) {
    if (goroutine == 0) return {};
    const auto [place, is_new] = known_.try_emplace(goroutine);
    if (!is_new) return place->second;
    constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
    const auto id = static_cast<int32_t>(std::min(goroutine, kMost));
    place->second = {static_cast<uint32_t>(recording_.threads.size())};
    recording_.threads.push_back(
        {.tid = -id,
         .ns_tid = 0,
         .name = fmt::format("goroutine {}", goroutine),
         .first_seen_ns = recording_.run.start_ns,
         .last_seen_ns = recording_.run.start_ns + recording_.run.duration_ns});
    return place->second;
  }

 private:
  Recording& recording_;
  std::map<uint64_t, ThreadId> known_;
};

void add_wait(const GoroutineWait& wait, ThreadId waiter, Recording& recording) {
  const FutexSignature signature = signature_of(wait.kind);
  recording.lock_waits.push_back({.address = wait.address,
                                  .signature = signature,
                                  .waiter = waiter,
                                  .owner = {},
                                  .count = wait.count,
                                  .total_ns = wait.total_ns,
                                  .max_ns = wait.max_ns});
  if (wait.stack.value >= recording.stacks.size()) return;
  recording.wait_stacks.push_back({.address = wait.address,
                                   .signature = signature,
                                   .waiter = waiter,
                                   .owner = {},
                                   .stack = wait.stack,
                                   .samples = wait.count,
                                   .weight_ns = wait.total_ns,
                                   .max_ns = wait.max_ns});
}

void add_lock(const GoroutineLock& lock, Recording& recording) {
  LockStats stats;
  stats.address = lock.address;
  stats.signature = signature_of(lock.kind);
  stats.histogram = lock.histogram;
  stats.handoff_ns = lock.handoff_ns;
  recording.lock_stats.push_back(std::move(stats));
}

/// Where it let go of the lock is the one place where it was seen to have it.
void add_hold(const GoroutineHold& hold, ThreadId holder, Recording& recording) {
  recording.holder_times.push_back({.address = hold.address,
                                    .holder = holder,
                                    .state = HolderState::kUnseen,
                                    .next_address = 0,
                                    .waiter_ns = hold.waiter_ns});
  if (hold.stack.value >= recording.stacks.size()) return;
  recording.blames.push_back({.address = hold.address,
                              .holder = holder,
                              .state = HolderState::kUnseen,
                              .stack = hold.stack,
                              .samples = hold.releases,
                              .waiter_ns = hold.waiter_ns});
}

}  // namespace

void add_goroutine_waits(Recording& recording) {
  GoroutineTable goroutines(recording);
  std::map<uint64_t, GoLockKind> kinds;  // of a RWMutex, also of waits for the Mutex in it
  for (const GoroutineLock& lock : recording.goroutine_locks) kinds[lock.address] = lock.kind;
  for (GoroutineWait wait : recording.goroutine_waits) {
    if (const auto kind = kinds.find(wait.address); kind != kinds.end()) wait.kind = kind->second;
    add_wait(wait, goroutines.of(wait.goroutine), recording);
  }
  for (const GoroutineLock& lock : recording.goroutine_locks) add_lock(lock, recording);
  for (const GoroutineHold& hold : recording.goroutine_holds)
    add_hold(hold, goroutines.of(hold.goroutine), recording);
}

}  // namespace quarrel
