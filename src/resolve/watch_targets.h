// Which cache lines of the running target should hardware watchpoints look at?
#pragma once

#include <vector>

#include "model/watch_target.h"

namespace quarrel {

/// The lines that several threads share according to the line samples so far, one of them writing;
/// at most kMaxWatchTargets of them, those with the most samples first.
std::vector<WatchTarget> find_watch_targets(const Recording& recording);

inline constexpr size_t kMaxWatchTargets = 16;

}  // namespace quarrel
