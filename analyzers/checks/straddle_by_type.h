// Which atomics and locks cross a line boundary, as far as types alone tell?
#pragma once

#include <vector>

#include "checks/complaint.h"
#include "checks/fact_index.h"

namespace quarrel {

/// For facts without accesses. Only what is sure, or nearly so: records that begin on a line,
/// arrays whose stride brings some elements across, and atomics that are not aligned to their own
/// size.
std::vector<Complaint> straddling_by_type(const FactIndex& index);

}  // namespace quarrel
