// How is the caller of an instruction of Go code found?
#include "resolve/go_unwind.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "model/capture.h"

namespace quarrel {
namespace {

// Of the 150,000 functions of Kubernetes there are 700,000; bounds what a forged table can cost.
constexpr size_t kMaxSteps = 2'000'000;
constexpr int16_t kReturnAddressBytes = 8;

// Code that goes to another stack, or comes from one: to run a goroutine, or to call C or the vDSO.
constexpr std::string_view kRuntime = "runtime.";
constexpr std::array<std::string_view, 2> kElsewhere{"gogo", "time.now"};

// Go's signal handlers make a thread that was interrupted call these: it will return to the very
// instruction, not to one behind a call.
constexpr std::array<std::string_view, 2> kInjectedCalls{"runtime.asyncPreempt",
                                                         "runtime.sigpanic"};

UnwindRule rule_of(uint32_t frame_bytes, bool is_injected) {
  // Nothing above Go code needs its rbp or rbx: calls from C change stacks.
  return {.cfa_base = CfaBase::kRegister,
          .cfa_register = kRsp,
          .is_signal_frame = static_cast<uint8_t>(is_injected),
          .return_address = SavedIn::kAtCfa,
          .rbp = frame_bytes == 0 ? SavedIn::kUnchanged : SavedIn::kUnknown,
          .rbx = SavedIn::kUnknown,
          .return_offset = -kReturnAddressBytes,
          .cfa_offset = static_cast<int32_t>(frame_bytes) + kReturnAddressBytes};
}

bool changes_stack(std::string_view function) {
  return function.starts_with(kRuntime) ||
         std::find(kElsewhere.begin(), kElsewhere.end(), function) != kElsewhere.end();
}

/// The rules of one function.
void append_rules(const GoFunction& function, const GoFrame& frame, std::vector<RuledCode>& rules) {
  if (frame.is_outermost || (frame.moves_stack && changes_stack(function.name))) {
    rules.push_back(
        {{function.address, function.address + function.size}, {.cfa_base = CfaBase::kOutermost}});
    return;
  }
  // Assembly that aligns its stack: nobody knows by how much.
  if (frame.moves_stack) return;
  const bool is_injected = std::find(kInjectedCalls.begin(), kInjectedCalls.end(), function.name) !=
                           kInjectedCalls.end();
  uint64_t start = function.address;
  for (const GoFrame::Step& step : frame.steps) {
    if (step.bytes > std::numeric_limits<int32_t>::max() - kReturnAddressBytes) return;
    if (step.end > start) rules.push_back({{start, step.end}, rule_of(step.bytes, is_injected)});
    start = step.end;
  }
}

}  // namespace

std::vector<RuledCode> go_unwind_rules(const GoTable& table) {
  std::vector<RuledCode> rules;
  bool knows_outermost = false;
  size_t steps = 0;
  for (size_t i = 0; i < table.size() && steps < kMaxSteps; ++i) {
    const GoFrame frame = table.frame(i);
    knows_outermost |= frame.is_outermost;
    steps += frame.steps.size();
    append_rules(table.function(i), frame, rules);
  }
  if (!knows_outermost) rules.clear();
  return rules;
}

}  // namespace quarrel
