// Where in the files of a target can probes see locks being taken and let go of?
#pragma once

#include <string>
#include <vector>

#include "model/lock_probe.h"

namespace quarrel {

/// One plan for each mapped file that defines pthread_mutex_lock and pthread_mutex_unlock (a libc,
/// or a static program). `sysroot` is put before module paths. A file whose functions are not
/// understood has a plan without probes, and says why.
std::vector<LockProbePlan> plan_lock_probes(const Recording& recording, const std::string& sysroot);

}  // namespace quarrel
