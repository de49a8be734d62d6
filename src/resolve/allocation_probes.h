// Where in the files of a target can probes see blocks of memory being given out and taken back?
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/allocation_probe.h"

namespace quarrel {

/// One plan for each mapped file that defines malloc: glibc (or a static program) with probes,
/// other allocators without, and with a sentence. `sysroot` is put before module paths. Modules
/// that are in `seen` are passed over, the others put in: a program maps its files in several
/// steps.
std::vector<AllocationProbePlan> plan_allocation_probes(const Recording& recording,
                                                        const std::string& sysroot,
                                                        std::set<ModuleId>& seen);

}  // namespace quarrel
