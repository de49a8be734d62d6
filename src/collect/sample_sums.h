// What becomes of CPU samples: addresses counted, examples kept?
#pragma once

#include <cstdint>
#include <unordered_map>

#include "collect/exemplar_budget.h"
#include "model/recording.h"

namespace quarrel {

/// Counts samples by outcome and keeps examples.
class SampleSums {
 public:
  /// Counts the sample; a line that is touched again and again keeps a capture, so that the object
  /// on it can be named.
  void add_sample(const LineSample& sample, const Capture& capture, Recording& recording);

  uint64_t total() const { return with_address + without_address + beyond_limit; }

  const ExemplarBudget& exemplars() const { return exemplars_; }

  uint64_t with_address = 0;
  uint64_t without_address = 0;
  uint64_t beyond_limit = 0;
  uint64_t not_unwound = 0;

 private:
  std::unordered_map<uint64_t, uint32_t> touches_;  // line -> samples
  ExemplarBudget exemplars_;
};

}  // namespace quarrel
