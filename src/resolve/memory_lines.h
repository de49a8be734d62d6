// Which cache lines did the processor see going from core to core?
#pragma once

#include <string>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// All lines of Recording::memory_samples, most transfers between cores first. Names are left out.
std::vector<MemoryLine> memory_lines(const Recording& recording);

/// Adds to `lines` those that several threads of Recording::memory_samples accessed, one of them
/// writing. Where the processor reports transfers (HITM, peer snoops), only lines with at least
/// kMinTransferShare of them; where it does not, those with the share of samples that
/// line_attribution asks for too. A line that is there already gets further accesses. Sizes of the
/// accesses come from the instructions, in files below `sysroot`.
/// `coverage` becomes the row "memory_lines".
void add_memory_lines(const Recording& recording, const std::string& sysroot,
                      std::vector<LineProfile>& lines, Coverage& coverage);

/// perf c2c hides lines below the same share.
inline constexpr double kMinTransferShare = 0.001;

}  // namespace quarrel
