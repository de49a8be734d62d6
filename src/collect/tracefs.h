// What number has the kernel given to a tracepoint, even where tracefs is not mounted?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace quarrel {

/// Ids of tracepoints such as "syscalls/sys_exit_futex" for perf_event_open; names that this
/// kernel does not have are left out. Where tracefs is not mounted (fresh machines, containers), it
/// is mounted for a moment in a mount namespace that only a short-lived thread of quarrel sees: the
/// host's mounts stay as they are. Needs CAP_SYS_ADMIN for that; the Error says so.
Result<std::map<std::string, uint64_t>> read_tracepoint_ids(const std::vector<std::string>& names);

}  // namespace quarrel
