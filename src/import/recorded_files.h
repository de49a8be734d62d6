// Which files do the mapping records of a perf.data file name?
#pragma once

#include <vector>

#include "import/address_spaces.h"
#include "import/perf_data.h"
#include "model/recording.h"

namespace quarrel {

/// Fills the modules and mappings of the recording with the files that the processes had mapped in
/// the end.
void add_recorded_files(const PerfData& data, const std::vector<const AddressSpace*>& spaces,
                        Recording& recording);

}  // namespace quarrel
