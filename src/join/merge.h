// Which finding of a scan and which finding of a run are one and the same?
#pragma once

#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// True if both speak of the same rule and of the same thing: equal fingerprint, or the same record
/// with a common field, or a field declared at the same position.
bool is_same_finding(const Finding& from_source, const Finding& from_run);

/// Adds the findings of a scan to those of a run. One that both saw becomes a single finding with
/// the fingerprint of the source (so that CI and production agree), the cost and verdict of the
/// run, and the locations and advice of both. One that only the scan saw stays as it is.
std::vector<Finding> merge_findings(const std::vector<Finding>& from_source,
                                    std::vector<Finding> from_run);

}  // namespace quarrel
