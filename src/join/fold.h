// When is a shared cache line only the shadow of a contended lock?
#pragma once

#include <vector>

#include "join/lock_evidence.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// Removes line findings whose line holds a byte of a lock that is itself a finding, and notes them
/// there with their field map. Whoever takes the lock writes its line, so this is one problem, not
/// two; unless a thread that never met the lock writes other fields of the line: that one stays.
/// Where neighbours of an array of locks share the line, the lock's finding advises to align them.
std::vector<Finding> fold_lock_lines(const Profile& profile, const std::vector<LockEvidence>& locks,
                                     std::vector<Finding> findings);

}  // namespace quarrel
