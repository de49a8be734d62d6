// Which processes did the target start that the recording is not about?
#pragma once

#include <map>
#include <string>

#include "collect/target.h"
#include "model/recording.h"

namespace quarrel {

/// Children of the target, as far as they live when one looks. A recording is of one process: what
/// a script or a server leaves to its children must not pass for silence.
class ChildProcesses {
 public:
  explicit ChildProcesses(const Target& target) : target_(target) {}

  /// Notes who is there now (proc(5), /proc/PID/task/TID/children; not every kernel has it).
  void look();

  /// Writes the row "processes" of the coverage, if there were any.
  void write_coverage(Recording& recording) const;

 private:
  const Target& target_;
  std::map<int, std::string> names_;  ///< by pid; as they were called at the last look
};

}  // namespace quarrel
