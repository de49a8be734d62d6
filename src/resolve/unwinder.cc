// Which calls led to a captured thread, without frame pointers?
#include "resolve/unwinder.h"

#include "resolve/call_frames.h"

namespace quarrel {

struct Unwinder::State {
  CallFrameWalker walker;
};

Unwinder::Unwinder(const Recording& recording, std::string sysroot, int32_t pid)
    : state_(new State{CallFrameWalker(recording, std::move(sysroot), pid)}) {}

Unwinder::~Unwinder() = default;

Unwound Unwinder::unwind(const Capture& capture) {
  CallFrames walked = state_->walker.walk(capture);
  Unwound unwound;
  unwound.status = walked.status;
  unwound.calls.reserve(walked.frames.size());
  for (const CallFrame& frame : walked.frames)
    unwound.calls.push_back({frame.pc, frame.is_return_address});
  return unwound;
}

void Unwinder::mappings_changed() {
  state_->walker.mappings_changed();
}

}  // namespace quarrel
