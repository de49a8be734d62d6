// Is a lock a convoy: a standing queue that waits for the lock to be handed over, not for work?
#pragma once

#include <optional>

#include "join/lock_evidence.h"
#include "model/diagnosis.h"

namespace quarrel {

/// At least so many threads wait on average while the lock is waited for at all ...
inline constexpr double kConvoyQueue = 2;
/// ... in this share of that time (in slices of kWaitSliceNs), over at least kConvoySlices of them.
inline constexpr double kConvoyPersistence = 0.8;
inline constexpr size_t kConvoySlices = 4;
/// Hand-overs dominate: most waiting is for threads that were woken and are on their way.
inline constexpr double kConvoyHandoff = 0.5;
/// Fewer waits are an incident.
inline constexpr uint64_t kConvoyWaits = 100;

/// A lock that is held for shorter than it takes to wake the next thread is never free while a
/// queue stands: whoever comes back finds it, and queues too (Blasgen et al., "The convoy
/// phenomenon", 1979). Nothing if it is none.
std::optional<Convoy> find_convoy(const LockEvidence& evidence);

}  // namespace quarrel
