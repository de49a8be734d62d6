// What does a step of a thread's work cost with the others beside it, and what without?
#include "join/step_cost.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

namespace quarrel {
namespace {

constexpr size_t kMinWindows = 2;
constexpr int64_t kMinSteps = 1000;
/// No processor increments a number in memory more often: it is no counter.
constexpr double kLeastNsPerStep = 0.1;

struct Steps {
  std::vector<double> beside;    // ns per step, of each window
  std::vector<double> together;  // the same on one CPU
  double steps = 0;              // a sum of what a file says, which overflows no double
  bool is_counter = true;

  bool is_known() const {
    return is_counter && beside.size() >= kMinWindows && together.size() >= kMinWindows;
  }
};

using Number = std::tuple<uint64_t, uint16_t, ThreadId>;

bool is_on(const LineProfile& line, const ProgressWindow& window, uint32_t line_size) {
  return window.address >= line.address && window.address - line.address < line_size;
}

std::map<Number, Steps> steps_on(const LineProfile& line, const Recording& recording) {
  std::map<Number, Steps> numbers;
  for (const ProgressWindow& window : recording.progress_windows) {
    if (!is_on(line, window, recording.run.host.line_size)) continue;
    Steps& number = numbers[{window.address, window.size, window.thread}];
    const double ns_per_step = static_cast<double>(window.cpu_ns) /
                               static_cast<double>(std::max<int64_t>(1, window.steps));
    number.is_counter &= window.steps >= kMinSteps && ns_per_step >= kLeastNsPerStep;
    number.steps += static_cast<double>(std::max<int64_t>(0, window.steps));
    (window.is_together ? number.together : number.beside).push_back(ns_per_step);
  }
  return numbers;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

StepCost describe(const Number& number, const Steps& steps, const LineProfile& line,
                  const Recording& recording) {
  const auto [least_beside, most_beside] =
      std::minmax_element(steps.beside.begin(), steps.beside.end());
  const auto [least, most] = std::minmax_element(steps.together.begin(), steps.together.end());
  const ThreadId thread = std::get<2>(number);
  return {.offset = std::get<0>(number) - line.address,
          .tid = thread.value < recording.threads.size() ? recording.threads[thread.value].tid : 0,
          .ns_beside = median(steps.beside),
          .ns_together = median(steps.together),
          .low = *least_beside / *most,
          .high = *most_beside / *least,
          .windows = steps.beside.size() + steps.together.size()};
}

}  // namespace

std::optional<StepCost> step_cost(const LineProfile& line, const Recording& recording) {
  const std::map<Number, Steps> numbers = steps_on(line, recording);
  const auto most =
      std::max_element(numbers.begin(), numbers.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.is_known(), a.second.steps) <
               std::pair(b.second.is_known(), b.second.steps);
      });
  if (most == numbers.end() || !most->second.is_known()) return std::nullopt;
  return describe(most->first, most->second, line, recording);
}

}  // namespace quarrel
