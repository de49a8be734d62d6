// Which calls led to a captured thread, without frame pointers?
#include "resolve/unwinder.h"

#include <algorithm>

#include "resolve/call_frames.h"
#include "resolve/row_unwinder.h"

namespace quarrel {
namespace {

// libdw takes 10 to 20 times as long as the rows do: this costs 1 to 2 % of the unwinding.
constexpr uint64_t kCompareEvery = 1000;

bool is_same(const Unwound::Call& a, const Unwound::Call& b) {
  return a.pc == b.pc && a.is_return_address == b.is_return_address;
}

/// libdw knows .eh_frame only, rows also stubs and Go code: there they go on where it ends.
bool agree(const Unwound& by_rows, const Unwound& by_libdw) {
  const auto& rows = by_rows.calls;
  const auto& libdw = by_libdw.calls;
  if (by_rows.status == by_libdw.status)
    return std::equal(rows.begin(), rows.end(), libdw.begin(), libdw.end(), is_same);
  return by_libdw.status == StackStatus::kNoUnwindInfo && libdw.size() <= rows.size() &&
         std::equal(libdw.begin(), libdw.end(), rows.begin(), is_same);
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
    return walked;
  }
  ++counts.compared;
  if (agree(*by_rows, walked)) return *by_rows;
  ++counts.different;
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
