// How do the callchains of samples become the stacks of a recording?
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// Adds stacks to a recording, each frame and each stack once.
class CallTree {
 public:
  explicit CallTree(Recording& recording) : recording_(recording) {}

  /// `addresses` innermost first, of which the first is the sampled instruction and the others are
  /// return addresses. An invalid id for none.
  StackId add(const std::vector<uint64_t>& addresses);

 private:
  FrameId frame(FrameId caller, uint64_t pc, bool is_return_address);

  Recording& recording_;
  std::map<std::tuple<FrameId, uint64_t, bool>, FrameId> frames_;
  std::map<FrameId, StackId> stacks_;
};

}  // namespace quarrel
