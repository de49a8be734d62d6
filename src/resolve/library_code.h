// Which code is the user's own, and which belongs to the C and C++ libraries?
#pragma once

#include <vector>

#include "model/profile.h"

namespace quarrel {

/// True for libc, libstdc++, libc++, the dynamic loader and the vDSO.
bool is_system_module(const Recording& recording, ModuleId module);

/// The first location of the frame that is not of the standard library (its headers are inlined
/// into the user's code).
const CodeLocation& user_location(const ResolvedFrame& frame);

/// The innermost call of the user's own code, from `innermost` outwards. Null if there is none.
const CodeLocation* first_user_code(const Recording& recording,
                                    const std::vector<ResolvedFrame>& frames, FrameId innermost);

}  // namespace quarrel
