// What did the samples show of a spin lock: who spun, who had it meanwhile, and where?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "join/stacks.h"
#include "model/profile.h"

namespace quarrel {

/// One spin lock, or several that are the same one in the source. Times are nanoseconds of CPU time
/// that spinning threads burnt, each sample standing for one sampling period.
struct SpinEvidence {
  SpinEvidence(const Profile& profile, const SpinLock& first, std::string identity);

  const SpinLock* hottest;  ///< the object with the most samples
  uint64_t objects = 0;
  uint64_t samples = 0;
  std::string fingerprint;
  uint64_t spun_ns = 0;
  std::map<ThreadId, uint64_t> waited_ns;  ///< by thread that spun
  /// By likely holder: a thread on a CPU that did not spin for the lock, one of those that were
  /// seen to use it if there is one. Shared evenly where there were several.
  std::map<ThreadId, uint64_t> held_ns;
  uint64_t unheld_ns = 0;  ///< no likely holder was on a CPU
  StackSum waiters;
  StackSum holders;  ///< where the likely holder was sampled next to a sample of a spinning thread
};

/// Of all spin locks of the profile, in order of address.
std::vector<SpinEvidence> spun_locks(const Profile& profile);

}  // namespace quarrel
