// What do the waiters of a lock wait for in the end, when its holder waits itself?
#pragma once

#include <unordered_map>
#include <vector>

#include "join/lock_evidence.h"
#include "model/diagnosis.h"

namespace quarrel {

/// The wait-for graph of a run: from each lock to those that its holders waited for.
class WaitChains {
 public:
  /// `locks` must outlive it.
  WaitChains(const Profile& profile, const std::vector<LockEvidence>& locks);

  /// From a lock to its root, always along the heaviest cause. Empty if its holders wait for other
  /// locks less than a tenth of the time. Ends where a lock comes again.
  std::vector<ChainLink> chain_from(const LockEvidence& lock) const;

  /// Every observed pair of a held lock and one that its holder waited for, heaviest first.
  std::vector<LockEdge> edges() const;

 private:
  const LockEvidence* lock_of_word(uint64_t word) const;
  ChainLink link_of(const LockEvidence& lock, ThreadId holder, const char* state,
                    uint64_t ns) const;

  const Profile& profile_;
  const std::vector<LockEvidence>& locks_;
  std::unordered_map<uint64_t, const LockEvidence*> by_word_;
};

}  // namespace quarrel
