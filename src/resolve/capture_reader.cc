// What does one captured thread say: where it was, and which memory it touched?
#include "resolve/capture_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace quarrel {
namespace {

constexpr std::string_view kRowName = "unwind_check";

Coverage& row_in(std::vector<Coverage>& rows) {
  const auto known = std::find_if(rows.begin(), rows.end(),
                                  [](const Coverage& row) { return row.collector == kRowName; });
  if (known != rows.end()) return *known;
  rows.push_back({.collector = std::string(kRowName), .unit = "stacks unwound twice"});
  return rows.back();
}

}  // namespace

StackId CaptureReader::add_stack(const std::vector<Frame>& calls) {
  Unwound unwound;
  unwound.status = StackStatus::kComplete;
  for (const Frame& call : calls) unwound.calls.push_back({call.pc, call.is_return_address});
  return stacks_.add(unwound);
}

void CaptureReader::write_coverage() {
  const UnwindCounts& counts = unwinder_.counts();
  if (counts.stacks == 0) return;
  Coverage& row = row_in(recording_.coverage);
  row.state = CollectorState::kOn;
  row.seen = counts.compared;
  row.attributed = counts.compared - counts.different;
  row.unresolved = counts.different;
  row.reason.clear();
  if (counts.not_by_rows > 0)
    row.reason = fmt::format("{} of {} stacks have rules that only libdw follows",
                             counts.not_by_rows, counts.stacks);
}

}  // namespace quarrel
