// From which length on is every wait captured, so that captures stay within their budget?
#include "collect/capture_rate.h"

#include <algorithm>

namespace quarrel {

uint64_t adapt_threshold(uint64_t threshold_ns, uint64_t captures, uint64_t elapsed_ns,
                         uint32_t max_captures_per_s) {
  if (elapsed_ns == 0 || max_captures_per_s == 0) return threshold_ns;
  const double per_s = static_cast<double>(captures) * 1e9 / static_cast<double>(elapsed_ns);
  const double load = per_s / max_captures_per_s;
  double factor = 1.0;
  if (load > 1.0) factor = std::min(load * 1.1, 8.0);
  if (load < 0.5) factor = 0.8;
  const auto next = static_cast<uint64_t>(static_cast<double>(threshold_ns) * factor);
  return std::clamp(next, CaptureThreshold::kMinNs, CaptureThreshold::kMaxNs);
}

}  // namespace quarrel
