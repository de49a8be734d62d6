// How do borrowed threads get their CPUs back, however this process ends?
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace quarrel {

/// Moves threads of other processes to one CPU and back. A helper process waits for the end of this
/// one and gives every thread its CPUs back, also after SIGKILL. A thread whose CPUs somebody else
/// has set meanwhile is left as it is.
class AffinityGuard {
 public:
  AffinityGuard() = default;
  ~AffinityGuard();
  AffinityGuard(const AffinityGuard&) = delete;
  AffinityGuard& operator=(const AffinityGuard&) = delete;

  /// Starts the helper process. To be called once, before anything is moved.
  Result<void> start();

  /// Moves the threads to the first CPU that all of them may use. False, and nothing is moved, if
  /// there is none, or if one of them is gone.
  bool gather(const std::vector<int32_t>& tids);

  /// Gives all threads their CPUs back.
  void restore();

  struct Table;  ///< shared with the helper

 private:
  Table* table_ = nullptr;
  Fd alive_;  // its end tells the helper that this process is gone
  pid_t helper_ = -1;
};

}  // namespace quarrel
