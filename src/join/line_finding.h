// How does the evidence of a shared cache line become a finding?
#pragma once

#include "join/join.h"
#include "join/line_evidence.h"
#include "model/diagnosis.h"

namespace quarrel {

/// Everything but message and advice: subject, cost, contrast, verdict, threads, code.
///
/// The cost is an upper bound: the CPU time sampled at the line, and where the peer contrast is
/// known only the part of it that would go away if the odds fell to those without peers (taken at
/// the upper end of the confidence interval). A core hides some of a stall behind other work.
Finding line_finding(const JoinInput& input, const std::string& rule, const LineEvidence& evidence);

/// False for a line whose sampled time is below the floor of a finding.
bool is_above_floor(const Recording& recording, const LineEvidence& evidence);

/// "up to 12.3 thread-ms/s", or what the processor reported where no time is known.
std::string cost_phrase(const LineEvidence& evidence, const Finding& finding);

/// "Counters::a and Counters::b", "g_hits and g_misses".
std::string list_fields(const LineEvidence& evidence);

/// The first count of owners among the fields, "std::shared_ptr<Config>::use_count"; empty: none.
std::string owner_count_of(const LineEvidence& evidence);

}  // namespace quarrel
