// Which of the samples that perf c2c recorded belong to this recording?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// "perf c2c record" of one process on our clock, into "@OUTPUT@" (PerfChild).
std::vector<std::string> perf_c2c_command(const std::string& perf, int32_t pid);

/// The span of a recording.
struct TimeSpan {
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;
};

/// Moves the samples of the process `pid` within the span out of `imported` into `recording`, under
/// the recording's own threads. Returns the row "perf_c2c": what is of others or of another time
/// counts as lost.
Coverage take_perf_samples(const Recording& imported, int32_t pid, TimeSpan span,
                           const std::function<ThreadId(int32_t tid, uint64_t time_ns)>& thread_of,
                           Recording& recording);

}  // namespace quarrel
