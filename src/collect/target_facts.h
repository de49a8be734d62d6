// Which parts of /proc/PID does a refresh of the target's facts read?
#pragma once

#include <string>

#include "collect/target.h"
#include "model/recording.h"

namespace quarrel {

/// The command name (comm, at most 15 bytes) without the newline; empty if the process is gone.
std::string read_command_name(const Target& target);

/// Adds modules and mappings that are new. Mappings that were unmapped stay as long as nothing took
/// their place: earlier samples refer to them.
void refresh_mappings(const Target& target, Recording& recording);

/// Says in `recording.thread_local_blocks` where the program has its thread-locals. Those of
/// libraries are not known.
void refresh_thread_local_blocks(const Target& target, Recording& recording);

/// `seen`, plus those of `known` that overlap none of it; sorted by start.
std::vector<Mapping> merge_mappings(std::vector<Mapping> seen, const std::vector<Mapping>& known);

}  // namespace quarrel
