// How are BPF programs tied to tracepoints and to the CPU clock?
#pragma once

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace quarrel {

/// CPUs that are online now.
std::vector<uint32_t> online_cpus();

/// Runs the BPF program `program_fd` at every hit of the tracepoint on any CPU, until the Fd is
/// closed: by us, or by the kernel when quarrel dies.
Result<Fd> attach_to_tracepoint(int program_fd, uint64_t tracepoint_id);

/// Runs the program every `period_ns` on each of `cpus`. A CPU that goes offline meanwhile is left
/// out.
Result<std::vector<Fd>> attach_to_cpu_clock(int program_fd, uint64_t period_ns,
                                            const std::vector<uint32_t>& cpus);

}  // namespace quarrel
