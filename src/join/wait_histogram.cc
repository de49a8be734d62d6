// How long does a wait take that is longer than half, or 99 %, of all waits for a lock?
#include "join/wait_histogram.h"

#include <algorithm>

namespace quarrel {

uint64_t bucket_start_ns(unsigned bucket) {
  using Shape = WaitHistogramShape;
  if (bucket == 0) return 0;  // shorter waits than 2^kFirstBit are counted in the first bucket
  const unsigned octave = bucket / Shape::kSubBuckets;
  const uint64_t base = uint64_t{1} << (Shape::kFirstBit + octave);
  return base + base / Shape::kSubBuckets * (bucket % Shape::kSubBuckets);
}

void WaitHistogram::add(const LockStats& stats) {
  add(stats.histogram);
}

void WaitHistogram::add(std::span<const uint64_t> buckets) {
  const size_t count = std::min<size_t>(buckets.size(), counts_.size());
  for (size_t i = 0; i < count; ++i) {
    counts_[i] += buckets[i];
    total_ += buckets[i];
  }
}

uint64_t WaitHistogram::quantile_ns(double fraction, uint64_t max_ns) const {
  if (total_ == 0) return 0;
  const double wanted = fraction * static_cast<double>(total_);
  double below = 0;
  for (unsigned i = 0; i < counts_.size(); ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && below + here >= wanted) {
      const uint64_t start = bucket_start_ns(i);
      const auto width = static_cast<double>(bucket_start_ns(i + 1) - start);
      const double inside = std::max(0.0, (wanted - below) / here);
      return std::min(max_ns, start + static_cast<uint64_t>(width * inside));
    }
    below += here;
  }
  return max_ns;
}

}  // namespace quarrel
