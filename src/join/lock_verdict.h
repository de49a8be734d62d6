// Is a contended lock worth a change, and which of the four conditions for an atomic hold?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "join/lock_evidence.h"
#include "join/lock_facts.h"

namespace quarrel {

/// A mutex becomes an atomic only if all four hold; a condition nobody could check does not hold.
struct AtomicTest {
  bool is_top_wait = false;         ///< among the first kTopLocks, or kTopShare of all waiting
  bool is_waiting_real = false;     ///< costs more than kNegligibleMsPerS, over many waits
  bool is_section_short = false;    ///< half of the waits end within kShortWaitNs
  std::optional<bool> is_one_word;  ///< empty: no source facts

  bool holds() const {
    return is_top_wait && is_waiting_real && is_section_short && is_one_word.value_or(false);
  }
};

/// Place of the lock among all contended locks.
struct LockStanding {
  size_t rank = 0;   ///< 0: the longest total wait
  double share = 0;  ///< of all contended waiting
  double cost_ms_per_s = 0;
};

/// A blocked waiter pays two context switches, some ten microseconds, however short the section
/// is; half of the waits below this mean that the section itself is of that order or shorter.
inline constexpr uint64_t kShortWaitNs = 100'000;
inline constexpr size_t kTopLocks = 3;
inline constexpr double kTopShare = 0.10;

AtomicTest test_for_atomic(const LockEvidence& evidence, const LockStanding& standing,
                           const std::optional<GuardedState>& state);

/// Why an atomic is wrong here, naming each condition that fails; empty if all four hold.
std::string why_no_atomic(const AtomicTest& test, const LockEvidence& evidence,
                          const std::optional<GuardedState>& state);

/// Sets verdict, level and reason of a lock finding.
void judge_lock(const LockEvidence& evidence, const LockStanding& standing, const AtomicTest& test,
                Finding& finding);

}  // namespace quarrel
