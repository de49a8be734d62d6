// Which captured threads are kept whole, so that locks can be named later?
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// Keeps a few captures of each address, within a budget of bytes. Stacks that differ show more: a
/// lock may be passed down in one and be a member in the other. A complete stack takes the place of
/// an incomplete one.
class ExemplarBudget {
 public:
  static constexpr size_t kPerAddress = 3;
  static constexpr size_t kMaxCaptureBytes = 16384;
  static constexpr size_t kMaxTotalBytes = 64 << 20;

  /// Adds the capture to `recording.exemplars` if it is worth it.
  void offer(Recording& recording, uint64_t address, StackId stack, const Capture& capture);

  /// Captures that were wanted but exceeded the budget.
  uint64_t refused() const { return refused_; }

 private:
  bool has_room_for(const Capture& capture) const;

  std::unordered_map<uint64_t, std::vector<size_t>> kept_;  // address -> indices of exemplars
  size_t total_bytes_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace quarrel
