// What do the kernel's tables say about every wait, exactly?
#include "collect/lock_wait_totals.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "collect/event_capture.h"
#include "collect/kernel_session.h"

namespace quarrel {
namespace {

using WaitKey = std::tuple<uint64_t, FutexSignature, ThreadId, ThreadId>;
using WaitSums = std::map<WaitKey, LockWait>;

/// Adds to the wait of that key: the kernel tells owners apart that are the same unknown to us.
class WaitTable {
 public:
  WaitTable(const Target& target, Recording& recording) : target_(target), recording_(recording) {}

  void add(const wait_key& key, uint64_t count, uint64_t total_ns, uint64_t max_ns) {
    const FutexSignature signature = signature_from(key.lock.signature);
    // The start of the run: that a thread waited does not tell when it was last seen.
    const ThreadId waiter =
        thread_of(recording_, target_, static_cast<int32_t>(key.waiter), recording_.run.start_ns);
    const ThreadId owner = thread_of_ns_tid(recording_, static_cast<int32_t>(key.owner));
    LockWait& wait = sums_[{key.lock.address, signature, waiter, owner}];
    wait.address = key.lock.address;
    wait.signature = signature;
    wait.waiter = waiter;
    wait.owner = owner;
    wait.count += count;
    wait.total_ns += total_ns;
    wait.max_ns = std::max(wait.max_ns, max_ns);
  }

  void write_to_recording() {
    recording_.lock_waits.clear();
    for (const auto& [key, wait] : sums_) recording_.lock_waits.push_back(wait);
  }

 private:
  const Target& target_;
  Recording& recording_;
  WaitSums sums_;
};

LockStats stats_from(const lock_key& key, const lock_totals& totals) {
  LockStats stats;
  stats.address = key.address;
  stats.signature = signature_from(key.signature);
  stats.histogram.assign(totals.histogram, totals.histogram + HISTOGRAM_BUCKETS);
  stats.not_blocked = totals.not_blocked;
  stats.interrupted = totals.interrupted;
  stats.interrupted_ns = totals.interrupted_ns;
  stats.timed_out = totals.timed_out;
  stats.timed_out_ns = totals.timed_out_ns;
  return stats;
}

void read_lock_stats(int map_fd, Recording& recording) {
  recording.lock_stats.clear();
  for_each_element<lock_key, lock_totals>(map_fd, [&](const lock_key& key, const auto& totals) {
    recording.lock_stats.push_back(stats_from(key, totals));
  });
  std::sort(recording.lock_stats.begin(), recording.lock_stats.end(),
            [](const LockStats& a, const LockStats& b) {
              return std::tie(a.address, a.signature) < std::tie(b.address, b.signature);
            });
}

}  // namespace

LockWaitSums read_lock_waits(const LockWaitMaps& maps, const Target& target, Recording& recording,
                             uint64_t open_until_ns) {
  LockWaitSums sums;
  WaitTable table(target, recording);
  for_each_element<wait_key, wait_totals>(maps.waits, [&](const wait_key& key, const auto& totals) {
    table.add(key, totals.count, totals.total_ns, totals.max_ns);
    sums.ended += totals.count;
  });
  if (open_until_ns != 0) {
    for_each_element<uint32_t, open_wait>(maps.open_waits, [&](uint32_t tid, const auto& wait) {
      const uint64_t wait_ns = open_until_ns > wait.start_ns ? open_until_ns - wait.start_ns : 0;
      table.add({wait.lock, tid, wait.owner}, 1, wait_ns, wait_ns);
      ++sums.open;
    });
  }
  table.write_to_recording();
  read_lock_stats(maps.locks, recording);
  return sums;
}

}  // namespace quarrel
