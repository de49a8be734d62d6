// Which frames stand in code that the target made at run time, and how is it called?
#pragma once

#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Names frames that have no symbol by Recording::generated_code. `frames` are parallel to
/// Recording::frames.
void name_generated_code(const Recording& recording, std::vector<ResolvedFrame>& frames);

}  // namespace quarrel
