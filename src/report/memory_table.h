// Which figures does a table of cache lines show, as the processor saw them?
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// Titles of the columns behind the line's name; all are numbers.
inline constexpr std::array<const char*, 9> kMemoryColumns = {
    "HITM", "remote", "peer", "loads", "stores", "L1 miss", "locked", "threads", "cycles"};

/// The cells of one line, in that order.
std::vector<std::string> memory_cells(const LineTraffic& traffic);

/// What the columns mean, in one sentence.
inline constexpr const char* kMemoryNote =
    "HITM: sampled loads of a line that another core had modified, remote: from another socket; "
    "peer: answered by another core's cache, its state unknown; L1 miss: stores; cycles: mean "
    "latency of those loads. Counted as perf c2c counts";

}  // namespace quarrel
