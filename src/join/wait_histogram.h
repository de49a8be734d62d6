// How long does a wait take that is longer than half, or 99 %, of all waits for a lock?
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/recording.h"

namespace quarrel {

/// Exact counts in log-linear buckets, so that histograms of several words add up.
class WaitHistogram {
 public:
  /// Adds the buckets of one futex word; surplus buckets of a damaged file are ignored.
  void add(const LockStats& stats);

  /// The same of any buckets of that shape.
  void add(std::span<const uint64_t> buckets);

  bool is_empty() const { return total_ == 0; }

  /// The duration that `fraction` (0..1) of the waits do not exceed: interpolated within its
  /// bucket (12 % wide at most), never above `max_ns`. 0 without waits.
  uint64_t quantile_ns(double fraction, uint64_t max_ns) const;

 private:
  std::array<uint64_t, WaitHistogramShape::kBuckets> counts_{};
  uint64_t total_ = 0;
};

/// The shortest duration that falls into a bucket, ns; bucket kBuckets is the end of the last.
uint64_t bucket_start_ns(unsigned bucket);

}  // namespace quarrel
