// At which instructions of a Go program is a goroutine seen to wait for a lock, or to let go of it?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/recording.h"

namespace quarrel {

enum class GoStep : uint8_t {
  kWaits,         ///< the goroutine goes to sleep for a lock, once more perhaps
  kStopsWaiting,  ///< it has the lock
  kReleases,      ///< it lets go of a lock that others wait for
};

struct GoProbe {
  uint64_t file_offset = 0;
  GoStep step = GoStep::kWaits;
  GoLockKind kind = GoLockKind::kMutex;
  /// Condition code of x86 of a branch, or LockProbe::kAlways.
  uint8_t condition = 16;
  /// What has to be taken from rax to have the lock: where the word that is waited for stands in
  /// it.
  uint8_t lock_offset = 0;

  auto operator<=>(const GoProbe&) const = default;
};

/// The probes for one Go program.
struct GoProbePlan {
  ModuleId module;
  std::string path;                  ///< at which this process finds the file
  uint32_t goroutine_id_offset = 0;  ///< of runtime.g.goid; 0: not known
  std::vector<GoProbe> probes;
  std::string refused;  ///< why it has none
};

}  // namespace quarrel
