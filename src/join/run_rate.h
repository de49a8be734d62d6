// How much is a duration, per second of run?
#pragma once

#include <cstdint>

#include "model/diagnosis.h"

namespace quarrel {

/// Thread-milliseconds lost per second of run. A recording without duration yields 0.
inline double thread_ms_per_s(double lost_ns, uint64_t duration_ns) {
  return duration_ns == 0 ? 0 : lost_ns / static_cast<double>(duration_ns) * 1000.0;
}

/// Below one thousandth of one thread nothing is a finding; it is still counted in the totals.
inline constexpr double kFloorMsPerS = 1.0;

/// Below one hundredth of one thread a change to the code is not worth its review.
inline constexpr double kNegligibleMsPerS = 10.0;

/// What kFix, kMeasureFirst and kLeave mean for the level of a measured finding.
inline Level level_of(Verdict verdict) {
  return verdict == Verdict::kLeave ? Level::kNote : Level::kWarning;
}

}  // namespace quarrel
