// What becomes of CPU samples: addresses counted, holders blamed, examples kept?
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>

#include "collect/exemplar_budget.h"
#include "model/recording.h"

namespace quarrel {

/// Counts samples by outcome and adds blame up by stack.
class SampleSums {
 public:
  /// Counts the sample; a line that is touched again and again keeps a capture, so that the object
  /// on it can be named.
  void add_sample(const LineSample& sample, const Capture& capture, Recording& recording);

  /// Adds one sample of a holder.
  void add_blame(const Blame& sample, const Recording& recording);

  /// Replaces recording.blames, sorted.
  void write_blames(Recording& recording) const;

  uint64_t total() const { return with_address + without_address + beyond_limit; }
  uint64_t blamed() const { return complete_holders + incomplete_holders; }

  uint64_t with_address = 0;
  uint64_t without_address = 0;
  uint64_t beyond_limit = 0;
  uint64_t not_unwound = 0;
  uint64_t complete_holders = 0;  ///< samples of holders whose stack reaches the thread's start
  uint64_t incomplete_holders = 0;

 private:
  using BlameKey = std::tuple<uint64_t, ThreadId, StackId>;

  std::map<BlameKey, Blame> blames_;
  std::unordered_map<uint64_t, uint32_t> touches_;  // line -> samples
  ExemplarBudget exemplars_;
};

}  // namespace quarrel
