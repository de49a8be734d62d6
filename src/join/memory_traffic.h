// What do the processor's own reports of memory accesses prove about cache lines?
#pragma once

#include <optional>
#include <string>

#include "join/line_evidence.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// All lines of all memory samples; nullopt if there are none.
std::optional<MemoryTraffic> memory_traffic(const Profile& profile);

/// That of the lines of one finding; nullopt if the processor reported nothing of them.
std::optional<LineTraffic> line_traffic(const Profile& profile, const LineEvidence& evidence);

/// Evidence C where another core had to answer loads of the line, and a reason with the figures.
/// To be called after the verdict: what contrast and cost say stands.
void add_memory_evidence(Finding& finding);

/// "1,204 of its sampled loads had to be answered by another core's cache (1,204 HITM)".
std::string traffic_phrase(const MemoryCounts& counts);

}  // namespace quarrel
