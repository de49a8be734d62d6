// What do the kernel's tables say about every wait, exactly?
#include "collect/lock_wait_totals.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>
#include <vector>

#include "collect/event_capture.h"
#include "collect/kernel_session.h"
#include "lock_wait_decisions.h"

namespace quarrel {
namespace {

using WaitKey = std::tuple<uint64_t, FutexSignature, ThreadId, ThreadId>;
using WaitSums = std::map<WaitKey, LockWait>;
using HolderKey = std::tuple<uint64_t, ThreadId, HolderState, uint64_t>;

/// What the tables say about one futex word.
struct LockRow {
  lock_record record{};
  lock_histogram histogram{};
};
using LockRows = std::map<uint64_t, LockRow>;

/// Of a table that the kernel's programs write meanwhile.
template <class Row, class Visit>
void for_each_row(const MappedArray& table, Visit visit) {
  Row row;
  for (size_t slot = 0; slot < table.count(); ++slot) {
    std::memcpy(&row, table.values<Row>() + slot, sizeof(row));
    visit(static_cast<uint32_t>(slot), row);
  }
}

/// Adds to the wait of that key: the kernel tells owners apart that are the same unknown to us.
class WaitTable {
 public:
  WaitTable(ThreadTable& threads, Recording& recording)
      : threads_(threads), recording_(recording) {}

  void add(const wait_key& key, uint64_t count, uint64_t total_ns, uint64_t max_ns) {
    const FutexSignature signature = signature_from(key.lock.signature);
    // The start of the run: that a thread waited does not tell when it was last seen.
    const ThreadId waiter = threads_.of(static_cast<int32_t>(key.waiter), recording_.run.start_ns);
    const ThreadId owner = threads_.of_ns_tid(static_cast<int32_t>(key.owner));
    LockWait& wait = sums_[{key.lock.address, signature, waiter, owner}];
    wait.address = key.lock.address;
    wait.signature = signature;
    wait.waiter = waiter;
    wait.owner = owner;
    wait.count += count;
    wait.total_ns += total_ns;
    wait.max_ns = std::max(wait.max_ns, max_ns);
  }

  /// Of threads that are not told apart.
  void add_others(const lock_record& record) {
    const FutexSignature signature = signature_from(record.signature);
    LockWait& wait = sums_[{record.address, signature, ThreadId(), ThreadId()}];
    wait.address = record.address;
    wait.signature = signature;
    wait.count += record.others.count;
    wait.total_ns += record.others.total_ns;
    wait.max_ns = std::max<uint64_t>(wait.max_ns, record.others.max_ns);
  }

  void write_to_recording() {
    recording_.lock_waits.clear();
    for (const auto& [key, wait] : sums_) recording_.lock_waits.push_back(wait);
  }

  std::map<uint64_t, uint64_t> total_ns_by_address() const {
    std::map<uint64_t, uint64_t> totals;
    for (const auto& [key, wait] : sums_) totals[wait.address] += wait.total_ns;
    return totals;
  }

 private:
  ThreadTable& threads_;
  Recording& recording_;
  WaitSums sums_;
};

class HolderTable {
 public:
  HolderTable(ThreadTable& threads, Recording& recording)
      : threads_(threads), recording_(recording) {}

  void add(const holder_key& key, uint32_t state, uint64_t waiter_ns) {
    if (waiter_ns == 0) return;
    const ThreadId holder = threads_.of_ns_tid(static_cast<int32_t>(key.holder));
    sums_[{key.address, holder, static_cast<HolderState>(state), key.next_address}] += waiter_ns;
  }

  std::map<uint64_t, uint64_t> total_ns_by_address() const {
    std::map<uint64_t, uint64_t> totals;
    for (const auto& [key, waiter_ns] : sums_) totals[std::get<0>(key)] += waiter_ns;
    return totals;
  }

  void scale(const std::map<uint64_t, double>& factors) {
    for (auto& [key, waiter_ns] : sums_)
      if (const auto factor = factors.find(std::get<0>(key)); factor != factors.end())
        waiter_ns = static_cast<uint64_t>(static_cast<double>(waiter_ns) * factor->second);
  }

  void write_to_recording() {
    recording_.holder_times.clear();
    for (const auto& [key, waiter_ns] : sums_) {
      const auto& [address, holder, state, next] = key;
      recording_.holder_times.push_back({address, holder, state, next, waiter_ns});
    }
  }

 private:
  ThreadTable& threads_;
  Recording& recording_;
  std::map<HolderKey, uint64_t> sums_;
};

/// A wait that is over as far as anyone knows: the thread has not come back to the kernel since.
void add_pending(const thread_record& thread, LockRows& rows) {
  const auto row = rows.find(thread.lock.address);
  if (row != rows.end()) ++row->second.histogram.counts[histogram_bucket(thread.waited_ns)];
}

LockStats stats_from(uint64_t address, const LockRow& row) {
  const auto& [record, histogram] = row;
  LockStats stats;
  stats.address = address;
  stats.signature = signature_from(record.signature);
  stats.histogram.assign(histogram.counts, histogram.counts + HISTOGRAM_BUCKETS);
  stats.not_blocked = record.not_blocked;
  stats.interrupted = record.interrupted;
  stats.interrupted_ns = record.interrupted_ns;
  stats.timed_out = record.timed_out;
  stats.timed_out_ns = record.timed_out_ns;
  stats.wakes = record.wakes;
  stats.wasted_wakes = record.wasted_wakes;
  stats.handoff_ns = record.all_handoffs_ns + record.handoff_ns;
  return stats;
}

class TotalsReader {
 public:
  TotalsReader(const LockWaitMaps& maps, ThreadTable& threads, Recording& recording,
               uint64_t open_until_ns, bool has_all_holders)
      : maps_(maps),
        recording_(recording),
        open_until_ns_(open_until_ns),
        has_all_holders_(has_all_holders),
        waits_(threads, recording),
        holders_(threads, recording) {}

  LockWaitSums read() {
    for_each_row<wait_row>(maps_.waits, [&](uint32_t, const wait_row& row) {
      if (row.totals.count == 0) return;
      waits_.add(row.key, row.totals.count, row.totals.total_ns, row.totals.max_ns);
      sums_.ended += row.totals.count;
    });
    for_each_row<lock_record>(maps_.locks, [&](uint32_t slot, const lock_record& record) {
      if (record.address != 0) add_lock(slot, record);
    });
    for_each_row<thread_record>(maps_.threads, [&](uint32_t, const thread_record& thread) {
      if (thread.libc_tid != 0 && thread.libc_tid != ENDED_THREAD) add_thread(thread);
    });
    for_each_row<holder_row>(maps_.holder_times, [&](uint32_t, const holder_row& row) {
      for (uint32_t state = 0; state < std::size(row.waiter_ns); ++state)
        holders_.add(row.key, state, row.waiter_ns[state]);
    });
    for (const auto& [address, row] : rows_) add_uncharged(row.record);
    scale_what_was_sampled();
    write();
    return sums_;
  }

 private:
  void add_lock(uint32_t slot, const lock_record& record) {
    LockRow& row = rows_[record.address];
    row.record = record;
    read_element(maps_.histograms, &slot, &row.histogram);
    if (record.others.total_ns == 0) return;
    waits_.add_others(record);
    sums_.ended += record.others.count;
    sums_.of_others += record.others.count;
  }

  void add_thread(const thread_record& thread) {
    states_[thread.libc_tid] = thread;
    const wait_key key{thread.lock, thread.tid, thread.owner};
    if (thread.start_ns != 0 && open_until_ns_ != 0) {
      const uint64_t start_ns = std::max<uint64_t>(thread.start_ns, recording_.run.start_ns);
      const uint64_t own_ns = open_until_ns_ > start_ns ? open_until_ns_ - start_ns : 0;
      waits_.add(key, 1, thread.waited_ns + own_ns, thread.waited_ns + own_ns);
      ++sums_.open;
    } else if (thread.start_ns == 0 && thread.waited_ns != 0) {
      waits_.add(key, 1, thread.waited_ns, thread.waited_ns);
      add_pending(thread, rows_);
      ++sums_.pending;
      ++sums_.ended;
    }
  }

  /// What has accrued since the last change of the lock belongs to whoever holds it still.
  void add_uncharged(const lock_record& record) {
    const uint64_t address = record.address;
    uint64_t accrued_ns = record.accrued_ns;
    const uint64_t since_ns = std::max<uint64_t>(record.settled_ns, recording_.run.start_ns);
    if (open_until_ns_ > since_ns)
      accrued_ns +=
          waiter_time(record.waiters, record.scale, record.slot, since_ns, open_until_ns_);
    holder_key key{.address = address, .holder = record.holder};
    uint32_t state = HOLDER_RUNNING;
    if (const auto holder = states_.find(record.holder); holder != states_.end()) {
      state = std::min<uint32_t>(holder->second.state, HOLDER_WAITING);
      if (state == HOLDER_WAITING) key.next_address = holder->second.lock.address;
      // It was woken for this lock and found it taken: it does not hold it.
      if (key.next_address == address) {
        key = {.address = address};
        state = HOLDER_RUNNING;
      }
    }
    holders_.add(key, state, accrued_ns);
  }

  /// Waits are counted exactly, what holders did meanwhile is not where many wait (scale_of()): the
  /// shares are known, and the sum is that of the waits.
  void scale_what_was_sampled() {
    const auto waited_ns = waits_.total_ns_by_address();
    const auto charged_ns = holders_.total_ns_by_address();
    std::map<uint64_t, double> factors;
    for (auto& [address, row] : rows_) {
      lock_record& record = row.record;
      const auto waited = waited_ns.find(address);
      const auto charged = charged_ns.find(address);
      if (record.is_sampled == 0 || waited == waited_ns.end()) continue;
      uint64_t sampled_ns = record.all_handoffs_ns + record.handoff_ns;
      if (charged != charged_ns.end()) sampled_ns += charged->second;
      if (sampled_ns == 0) continue;
      ++sums_.sampled_locks;
      sums_.sampled_ns += sampled_ns;
      sums_.waited_for_sampled_ns += waited->second;
      if (!has_all_holders_) continue;
      const double factor = static_cast<double>(waited->second) / static_cast<double>(sampled_ns);
      factors[address] = factor;
      record.all_handoffs_ns = static_cast<uint64_t>(
          static_cast<double>(record.all_handoffs_ns + record.handoff_ns) * factor);
      record.handoff_ns = 0;
    }
    holders_.scale(factors);
    sums_.are_scaled = has_all_holders_;
  }

  void write() {
    waits_.write_to_recording();
    holders_.write_to_recording();
    recording_.lock_stats.clear();
    for (const auto& [address, row] : rows_)
      recording_.lock_stats.push_back(stats_from(address, row));
  }

  const LockWaitMaps& maps_;
  Recording& recording_;
  uint64_t open_until_ns_;
  bool has_all_holders_;
  WaitTable waits_;
  HolderTable holders_;
  LockRows rows_;
  std::map<uint32_t, thread_record> states_;
  LockWaitSums sums_;
};

}  // namespace

LockWaitSums read_lock_waits(const LockWaitMaps& maps, ThreadTable& threads, Recording& recording,
                             uint64_t open_until_ns, bool has_all_holders) {
  return TotalsReader(maps, threads, recording, open_until_ns, has_all_holders).read();
}

}  // namespace quarrel
