// At which instructions of a program is a lock seen to be taken, let go of, or refused?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// What has just happened, or surely happens next, when a probed instruction is reached.
enum class ProbedStep : uint8_t {
  kAcquired,
  kReleased,
  kTryFailed,
};

/// One instruction, all of which the kernel emulates: it is not single-stepped.
struct LockProbe {
  static constexpr uint8_t kAlways = 16;

  uint64_t file_offset = 0;
  ProbedStep step = ProbedStep::kAcquired;
  uint8_t lock_register = 0;  ///< DwarfRegister that holds the address of the lock
  /// Condition code of x86 (Intel SDM, appendix B.1) of a branch, or kAlways. The step happens only
  /// if it holds.
  uint8_t condition = kAlways;
  bool is_rwlock = false;  ///< else it is a mutex

  auto operator<=>(const LockProbe&) const = default;
};

/// The probes for the lock functions of one file.
struct LockProbePlan {
  ModuleId module;
  std::string path;  ///< at which this process finds the file
  std::vector<LockProbe> probes;
  std::vector<std::string> functions;  ///< what is seen through them: "pthread_mutex_lock"
  std::vector<std::string> refused;    ///< sentences: what is not seen, and why
};

}  // namespace quarrel
