// What did lock_waits see of the waits, and what not?
#include "collect/lock_wait_coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "collect/coverage_row.h"
#include "collect/lock_tables.h"

namespace quarrel {
namespace {

void degrade(Coverage& row, std::string_view reason) {
  if (row.state == CollectorState::kOn) row.state = CollectorState::kDegraded;
  add_reason(row, reason);
}

/// How the sums of what holders did were found, where that was sampled.
std::string describe_sampling(const LockWaitSums& sums) {
  return fmt::format(
      "{} locks with many waits: their holders were followed in an eighth of the "
      "time, and the sums (found: {} % of the waiting) {}",
      sums.sampled_locks, 100 * sums.sampled_ns / std::max<uint64_t>(1, sums.waited_for_sampled_ns),
      sums.are_scaled ? "made to agree" : "left as they are");
}

}  // namespace

void write_wait_coverage(const LockWaitAccount& account, uint64_t own_cost_ns,
                         Recording& recording) {
  const auto& [counters, sums, max_locks, began_before] = account;
  Coverage& row = coverage_row(recording, "lock_waits", "blocking waits");
  row.state = CollectorState::kOn;
  row.reason.clear();
  row.lost.clear();
  row.seen = counters.blocking + sums.pending + sums.open;
  row.attributed = sums.ended;
  row.unresolved = sums.open;
  add_loss(row, "began before the recording", counters.start_unseen);
  add_loss(row, "no room in the tables: see --max-locks", counters.wait_table_full);
  if (began_before > 0)
    add_reason(row, fmt::format("{} waits began before the attach: their time counts from then on",
                                began_before));
  if (sums.open > 0)
    add_reason(row, fmt::format("{} waits had not ended: each counts once, with its time so far",
                                sums.open));
  if (sums.of_others > 0)
    degrade(row, fmt::format("more than {} pairs of waiter and owner: {} waits are counted by lock "
                             "only; --max-locks makes room",
                             kWaitersPerLock * max_locks, sums.of_others));
  if (counters.lock_table_full > 0)
    degrade(row, fmt::format("no room for all lock words among {}: the others have totals, but no "
                             "distribution; --max-locks makes room",
                             std::bit_ceil(max_locks)));
  if (counters.thread_table_full > 0)
    degrade(row, fmt::format("more than 32768 threads at once: {} calls of others were not seen",
                             counters.thread_table_full));
  row.own_cost_ns = own_cost_ns;
}

void write_wake_coverage(const lock_wait_counters& counters, uint64_t complete, uint64_t incomplete,
                         Recording& recording) {
  Coverage& row = coverage_row(recording, "wake_stacks", "captured stacks of those who let go");
  row.state = CollectorState::kOn;
  row.lost.clear();
  row.seen = counters.wake_captures;
  row.attributed = complete;
  row.unresolved = incomplete;
  add_loss(row, "ring buffer full", counters.wake_ring_full);
}

void write_holder_coverage(const LockWaitAccount& account, const BlameSums& holders,
                           const std::string& no_states_because, Recording& recording) {
  Coverage& row = coverage_row(recording, "sleeping_holders", "samples of sleeping lock holders");
  row.state = no_states_because.empty() ? CollectorState::kOn : CollectorState::kOff;
  row.reason = no_states_because;
  row.lost.clear();
  row.seen = holders.complete() + holders.incomplete();
  row.attributed = holders.complete();
  row.unresolved = holders.incomplete();
  if (account.sums.sampled_locks > 0) add_reason(row, describe_sampling(account.sums));
  if (account.counters.holder_table_full > 0)
    degrade(row,
            fmt::format("more than {} pairs of lock and holder: {} accounts of what holders "
                        "did are missing; --max-locks makes room",
                        kHoldersPerLock * account.max_locks, account.counters.holder_table_full));
}

}  // namespace quarrel
