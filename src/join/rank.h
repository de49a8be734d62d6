// In which order does a user read the findings?
#pragma once

#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// Sorts by (cost descending, fingerprint): measured harm first, and the same order in every run.
/// Findings without any cost follow by level, evidence, then fingerprint.
void rank_findings(std::vector<Finding>& findings);

}  // namespace quarrel
