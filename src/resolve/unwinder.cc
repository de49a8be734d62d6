// Which calls led to a captured thread, without frame pointers?
#include "resolve/unwinder.h"

#include <algorithm>

#include "resolve/call_frames.h"
#include "resolve/row_unwinder.h"

namespace quarrel {
namespace {

// libdw takes 10 to 20 times as long as the rows do: this costs 1 to 2 % of the unwinding.
constexpr uint64_t kCompareEvery = 1000;

bool same_calls(const Unwound& a, const Unwound& b) {
  return a.status == b.status &&
         std::equal(a.calls.begin(), a.calls.end(), b.calls.begin(), b.calls.end(),
                    [](const Unwound::Call& x, const Unwound::Call& y) {
                      return x.pc == y.pc && x.is_return_address == y.is_return_address;
                    });
}

}  // namespace

struct Unwinder::State {
  State(const Recording& of, std::string root, int32_t process)
      : recording(of), sysroot(std::move(root)), pid(process), tables(of, sysroot, pid) {}

  /// Made when first needed: most targets have no code that does without it for long.
  CallFrameWalker& walker() {
    if (!slow) slow = std::make_unique<CallFrameWalker>(recording, sysroot, pid);
    return *slow;
  }

  Unwound walk(const Capture& capture) {
    const CallFrames walked = walker().walk(capture);
    Unwound unwound;
    unwound.status = walked.status;
    unwound.calls.reserve(walked.frames.size());
    for (const CallFrame& frame : walked.frames)
      unwound.calls.push_back({frame.pc, frame.is_return_address});
    return unwound;
  }

  const Recording& recording;
  std::string sysroot;
  int32_t pid;
  UnwindTables tables;
  RowUnwinder rows{tables};
  std::unique_ptr<CallFrameWalker> slow;
  UnwindCounts counts;
};

Unwinder::Unwinder(const Recording& recording, std::string sysroot, int32_t pid)
    : state_(new State(recording, std::move(sysroot), pid)) {}

Unwinder::~Unwinder() = default;

Unwound Unwinder::unwind(const Capture& capture) {
  UnwindCounts& counts = state_->counts;
  const bool is_compared = counts.stacks++ % kCompareEvery == 0;
  const auto by_rows = state_->rows.unwind(capture);
  // libdw knows nothing of generated code.
  if (by_rows && (!is_compared || by_rows->status == StackStatus::kByFramePointer)) return *by_rows;
  Unwound walked = state_->walk(capture);
  if (!by_rows) {
    ++counts.not_by_rows;
  } else {
    ++counts.compared;
    if (!same_calls(*by_rows, walked)) ++counts.different;
  }
  return walked;
}

void Unwinder::mappings_changed() {
  state_->tables.mappings_changed();
  if (state_->slow) state_->slow->mappings_changed();
}

const UnwindCounts& Unwinder::counts() const {
  return state_->counts;
}

std::vector<MappedUnwindTable> Unwinder::tables() {
  return state_->tables.all();
}

std::optional<Unwound> Unwinder::unwind_by_rows(const Capture& capture) const {
  return state_->rows.unwind(capture);
}

Unwound Unwinder::unwind_by_libdw(const Capture& capture) {
  return state_->walk(capture);
}

}  // namespace quarrel
