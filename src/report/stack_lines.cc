// Which frames of a stack does a reader need?
#include "report/stack_lines.h"

#include <fmt/format.h>

#include "report/words.h"

namespace quarrel {
namespace {

StackLine whole_line(const FindingFrame& frame) {
  std::string place = format_place(frame.file, frame.line, 0);
  return {frame.function, place.empty() ? frame.module : std::move(place), !frame.is_library};
}

/// What the user called: the library's outermost frame, with all below it.
StackLine innermost_library(const FindingStack& stack, size_t end) {
  const std::string& called = stack.frames[end - 1].function;
  if (stack.members > 1)
    return {fmt::format("in {} ... ({} stacks)", called, stack.members), "", false};
  if (end == 1) return whole_line(stack.frames[0]);
  return {fmt::format("in {} ...", called), "", false};
}

void append_library(const FindingStack& stack, size_t begin, size_t end,
                    std::vector<StackLine>& lines) {
  const bool is_start = end == stack.frames.size();
  if (begin == 0 && !is_start) {
    lines.push_back(innermost_library(stack, end));
    return;
  }
  // The outermost frame shows that the stack reaches the start of the thread.
  const size_t left_out = end - begin - (is_start ? 1 : 0);
  if (left_out == 1)
    lines.push_back(whole_line(stack.frames[begin]));
  else if (left_out > 1)
    lines.push_back({fmt::format("... {} library frames ...", left_out), "", false});
  if (is_start) lines.push_back(whole_line(stack.frames.back()));
}

}  // namespace

std::vector<StackLine> stack_lines(const FindingStack& stack, size_t limit) {
  std::vector<StackLine> lines;
  for (size_t at = 0; at < stack.frames.size();) {
    size_t end = at;
    while (end < stack.frames.size() && stack.frames[end].is_library) ++end;
    if (end > at)
      append_library(stack, at, end, lines);
    else
      lines.push_back(whole_line(stack.frames[end++]));
    at = end;
  }
  if (lines.size() <= limit) return lines;
  const size_t left_out = lines.size() - limit + 1;
  const auto cut = lines.begin() + static_cast<std::ptrdiff_t>(limit - 2);
  lines.erase(cut, cut + static_cast<std::ptrdiff_t>(left_out - 1));
  lines[limit - 2] = {fmt::format("... {} more frames ...", left_out), "", false};
  return lines;
}

}  // namespace quarrel
