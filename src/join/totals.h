// What do all waits sum up to, also those that no finding shows?
#pragma once

#include <vector>

#include "join/lock_evidence.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// Sums over the whole profile: contention, what of it the findings show, idle waits by kind.
/// CHECKs that contention and idle waits are all the waits of the identified locks.
Totals total_up(const Profile& profile, const std::vector<LockEvidence>& locks,
                const std::vector<Finding>& findings);

/// Whether every recorded blocking wait belongs to an identified lock: the account of the join.
Coverage account_for_waits(const Profile& profile);

}  // namespace quarrel
