// How do many stacks share the memory of their common callers?
#include <map>
#include <tuple>

#include "resolve/unwinder.h"

namespace quarrel {

struct StackTable::State {
  Recording& recording;
  std::map<std::tuple<FrameId, uint64_t, bool>, FrameId> frames;  // by caller and call
  std::map<std::pair<FrameId, StackStatus>, StackId> stacks;

  FrameId frame_of(FrameId caller, const Unwound::Call& call) {
    FrameId next{static_cast<uint32_t>(recording.frames.size())};
    auto [place, is_new] = frames.try_emplace({caller, call.pc, call.is_return_address}, next);
    if (is_new) recording.frames.push_back({caller, call.pc, call.is_return_address});
    return place->second;
  }
};

StackTable::StackTable(Recording& recording) : state_(new State{recording, {}, {}}) {
  for (uint32_t i = 0; i < recording.frames.size(); ++i) {
    const Frame& frame = recording.frames[i];
    state_->frames.try_emplace({frame.caller, frame.pc, frame.is_return_address}, FrameId{i});
  }
  for (uint32_t i = 0; i < recording.stacks.size(); ++i)
    state_->stacks.try_emplace({recording.stacks[i].innermost, recording.stacks[i].status},
                               StackId{i});
}

StackTable::~StackTable() = default;

StackId StackTable::add(const Unwound& unwound) {
  FrameId frame;
  for (auto call = unwound.calls.rbegin(); call != unwound.calls.rend(); ++call)
    frame = state_->frame_of(frame, *call);
  auto& stacks = state_->recording.stacks;
  StackId next{static_cast<uint32_t>(stacks.size())};
  auto [place, is_new] = state_->stacks.try_emplace({frame, unwound.status}, next);
  if (is_new) stacks.push_back({frame, unwound.status});
  return place->second;
}

}  // namespace quarrel
