// What does a perf.data file of another tool's run say, as a recording?
#pragma once

#include "base/result.h"
#include "import/perf_input.h"
#include "model/recording.h"

namespace quarrel {

/// The memory samples of a file that `perf c2c record` or `perf mem record` wrote, with the
/// threads, modules and mappings that they refer to. The file is untrusted. What is damaged, lost
/// or not understood is counted in the rows "memory_samples" and "perf_records" of the coverage.
/// Errors: no perf.data, or one without any memory sample; they say what to record instead.
Result<Recording> import_perf_data(const PerfInput& input);

}  // namespace quarrel
