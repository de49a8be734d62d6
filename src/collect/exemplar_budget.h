// Which captured threads are kept whole, so that locks can be named later?
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// Keeps a few captures of each address, within a budget of bytes. Stacks that differ show more: a
/// lock may be passed down in one and be a member in the other. A complete stack takes the room of
/// an incomplete one, which stays: rows may be in the file already. Some locks let each thread
/// sleep on one word whatever it waits for: stacks that no address has shown yet have more room.
class ExemplarBudget {
 public:
  static constexpr size_t kPerAddress = 3;
  static constexpr size_t kNewStacksPerAddress = 16;
  static constexpr size_t kMaxCaptureBytes = 16384;
  static constexpr size_t kMaxTotalBytes = 64 << 20;
  static constexpr size_t kMaxWithPointers = 4096;

  /// Adds the capture to `recording.exemplars` if it is worth it, with pointers that the target's
  /// memory has now (none if the recording has no process).
  void offer(Recording& recording, uint64_t address, StackId stack, const Capture& capture);

  /// Captures that were wanted but exceeded the budget.
  uint64_t refused() const { return refused_; }

  /// What limits left out, in sentences for the coverage; empty: nothing.
  std::vector<std::string> omissions() const;

 private:
  bool has_room_for(const Capture& capture) const;
  void add_pointers(const Recording& recording, Exemplar& exemplar);

  std::unordered_map<uint64_t, std::vector<size_t>> kept_;  // address -> indices of exemplars
  std::unordered_set<StackId> stacks_;                      // of all that are kept
  size_t total_bytes_ = 0;
  size_t with_pointers_ = 0;
  uint64_t without_pointers_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace quarrel
