// Which code is the user's own, and which belongs to the C and C++ libraries?
#pragma once

#include <string_view>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// True for libc, libstdc++, libc++, the dynamic loader and the vDSO.
bool is_system_module(const Recording& recording, ModuleId module);

/// True for functions of the C and C++ libraries and of other runtimes, by their names.
bool is_library_function(std::string_view function);

/// True for headers of the C and C++ libraries and for sources of other runtimes.
bool is_library_file(std::string_view file);

/// The first location of the frame that is not of the standard library (its headers are inlined
/// into the user's code).
const CodeLocation& user_location(const ResolvedFrame& frame);

/// How many frames stand between the innermost one of a stack and the user's own code; as many as
/// the stack has if there is none.
size_t depth_of_user_code(const Recording& recording, const std::vector<ResolvedFrame>& frames,
                          StackId stack);

/// The innermost call of the user's own code, from `innermost` outwards. Null if there is none.
const CodeLocation* first_user_code(const Recording& recording,
                                    const std::vector<ResolvedFrame>& frames, FrameId innermost);

}  // namespace quarrel
