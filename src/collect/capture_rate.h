// From which length on is every wait captured, so that captures stay within their budget?
#pragma once

#include <cstdint>

namespace quarrel {

/// The threshold of size-biased capture (bpf/lock_wait_decisions.h).
struct CaptureThreshold {
  static constexpr uint64_t kStartNs = 100'000;
  static constexpr uint64_t kMinNs = 20'000;
  /// Beyond 10 ms only for hundreds of threads that wait all the time; must fit into 32 bits.
  static constexpr uint64_t kMaxNs = 1'000'000'000;  ///< MAX_THRESHOLD_NS
};

/// The next threshold, given how many captures were taken in `elapsed_ns`. Rises at once in
/// proportion to the excess, and falls slowly, so that it does not swing.
uint64_t adapt_threshold(uint64_t threshold_ns, uint64_t captures, uint64_t elapsed_ns,
                         uint32_t max_captures_per_s);

}  // namespace quarrel
