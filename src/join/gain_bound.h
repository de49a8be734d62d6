// How much waiting could at most be gained at each lock?
#pragma once

#include <vector>

#include "join/lock_evidence.h"

namespace quarrel {

/// Waiting in nanoseconds by where it begins, parallel to `locks`: what threads wait for a lock
/// while its holder waits for another one is counted at that other lock, and so on to the root of
/// the chain; of a cycle, where it comes round again. Every nanosecond of contention is counted at
/// one lock, so the bounds add up to the contention. Idle waits are in none.
///
/// An upper bound of what a change at one lock can gain: threads that no longer wait there may
/// wait elsewhere.
std::vector<double> gain_bounds_ns(const std::vector<LockEvidence>& locks);

}  // namespace quarrel
