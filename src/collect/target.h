// Which process is recorded, and what does /proc say about it?
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "model/recording.h"

namespace quarrel {

class ThreadTable;

/// A live process. Holds a pidfd, so that a recycled pid is never taken for it.
struct Target {
  pid_t pid = 0;     ///< in quarrel's pid namespace
  std::string name;  ///< its command name (/proc/PID/comm)
  Fd pidfd;
  bool is_launched = false;  ///< it has not run yet: nothing of it happened before the recording
  std::string root;          ///< "/proc/PID/root": prefix of every path the target sees
};

/// Opens a running process. Errors: no such process; a thread id of another process (the message
/// names the process); not permitted (the message names the capability).
Result<Target> open_target(pid_t pid);

/// True once the process has exited (its pidfd is readable). Does not reap.
bool has_exited(const Target& target);

/// Reads /proc/PID/{comm,maps,task} and the build ids of newly mapped files into `recording`,
/// appending only what is new: ids that were handed out stay valid. A mapping that took the place
/// of an older one replaces it in `mappings`. Returns false if the process is gone.
bool refresh_target_facts(const Target& target, ThreadTable& threads, Recording& recording);

/// Kernel, CPU and cache line facts of this host.
HostFacts read_host_facts();

}  // namespace quarrel
