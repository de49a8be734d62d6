// What does a step of a thread's work cost with the others beside it, and what without?
#pragma once

#include <optional>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// By the windows of affinity_probe in which a number on the line grew that one thread alone
/// writes: CPU time of that thread per step. Of several numbers, the one that made the most steps.
/// Nothing if no number on the line counts steps (one that ever falls, stands still or jumps does
/// not), or with less than two windows of either sort.
std::optional<StepCost> step_cost(const LineProfile& line, const Recording& recording);

}  // namespace quarrel
