// By which calls does a thread get to an accused access?
#pragma once

#include <vector>

#include "model/diagnosis.h"
#include "model/source_facts.h"

namespace quarrel {

/// Adds to each finding, for every function that it accuses, the shortest chain of calls from a
/// thread entry, or from main: locations of role "path", in the order of the calls, that say where
/// there is a loop on the way. Without a known way: one location that says so.
void explain_findings(const SourceFacts& facts, std::vector<Finding>& findings);

}  // namespace quarrel
