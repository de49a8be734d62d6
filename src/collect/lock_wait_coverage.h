// What did lock_waits see of the waits, and what not?
#pragma once

#include <cstdint>
#include <string>

#include "collect/blame_sums.h"
#include "collect/lock_wait_totals.h"
#include "events.h"
#include "model/recording.h"

namespace quarrel {

struct LockWaitAccount {
  lock_wait_counters counters{};
  LockWaitSums sums;
  uint32_t max_locks = 0;     ///< rows of the table of lock words
  uint64_t began_before = 0;  ///< waits that were under way at the attach
};

/// Each replaces one row of recording.coverage; losses are named by what the user can do.
void write_wait_coverage(const LockWaitAccount& account, uint64_t own_cost_ns,
                         Recording& recording);
void write_wake_coverage(const lock_wait_counters& counters, uint64_t complete, uint64_t incomplete,
                         Recording& recording);
/// `no_states_because` is empty if the stacks of sleeping holders could be looked at.
void write_holder_coverage(const LockWaitAccount& account, const BlameSums& holders,
                           const std::string& no_states_because, Recording& recording);

}  // namespace quarrel
