// Did anybody get the lock at all while the recording went on?
#pragma once

#include "join/lock_evidence.h"
#include "model/diagnosis.h"

namespace quarrel {

/// True if no wait for the lock ended, and all of them lasted the whole recording: a deadlock, a
/// lock that was never given back, or one that stops threads on purpose.
bool is_stuck(const LockEvidence& evidence, uint64_t duration_ns);

/// Sets verdict, level, reason and advice of the finding of such a lock; its chain must be known.
void judge_stuck_lock(const LockEvidence& evidence, Finding& finding);

}  // namespace quarrel
