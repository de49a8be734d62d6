// By what do the rows of a recording refer to each other?
#pragma once

#include "base/id.h"

namespace quarrel {

using ModuleId = Id<struct ModuleTag>;
using ThreadId = Id<struct ThreadTag>;
using FrameId = Id<struct FrameTag>;
using StackId = Id<struct StackTag>;

}  // namespace quarrel
