// Which cache lines do several threads fight over, according to the samples?
#pragma once

#include <vector>

#include "model/profile.h"

namespace quarrel {

/// The lines that at least two threads touched, one of them writing, with enough samples to
/// say so, and sharing that is spread over many lines; sorted by address. Objects and locations are
/// left empty: others name them.
///
/// Each sample is charged to one access: the nearest candidate, where a write just before the
/// sample goes first, because a core reports a stalled store or locked operation on the instruction
/// after it. Further candidates next to the sample or on the same line count as touches: they prove
/// an access, not a cost. `coverage` becomes the row "line_attribution": a sample without any
/// known access is unresolved; one on private data, or in code without memory operands, is
/// attributed.
///
/// Samples of threads that spin for a lock cost what the lock costs: they are touches only.
std::vector<LineProfile> attribute_lines(const Recording& recording,
                                         const std::vector<SpinLock>& spin_locks,
                                         Coverage& coverage);

}  // namespace quarrel
