// What did the run show of one lock: who waited, who held, where, and for how long?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "join/stacks.h"
#include "join/wait_histogram.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// Time that others waited for a lock while one thread had it, by what that thread did.
struct HolderNs {
  uint64_t running = 0;
  uint64_t preempted = 0;
  uint64_t asleep = 0;
  uint64_t waiting = 0;
  uint64_t unseen = 0;

  uint64_t total() const { return running + preempted + asleep + waiting + unseen; }
};
HolderNs& operator+=(HolderNs& sum, const HolderNs& more);

/// All words of one or more lock objects that are the same lock in the source: the mutexes of 64
/// shards are one finding, or the list would be 64 rows of the same advice.
struct LockEvidence {
  LockEvidence(const Profile& profile, const LockIdentity& first, std::string identity);

  const LockIdentity* hottest;  ///< the object with the longest total wait
  uint64_t hottest_ns = 0;
  std::vector<const LockIdentity*> locks;  ///< all of them
  std::string fingerprint;
  Waits waits;
  WaitHistogram histogram;
  std::map<ThreadId, uint64_t> waited_ns;
  std::map<ThreadId, HolderNs> held_ns;  ///< time that others waited while this thread held it
  /// Of it, while the thread waited for another lock: by thread and futex word of that lock.
  std::map<std::pair<ThreadId, uint64_t>, uint64_t> next_ns;
  std::map<uint32_t, uint64_t> waited_in_slice;  ///< by WaitSlice::slice
  uint64_t handoff_ns = 0;                       ///< nobody had it: the woken thread was on its way
  StackSum waiters;
  StackSum holders;  ///< where holders stood, each state weighted by its exact time
  StackSum wakers;

  HolderNs all_held_ns() const;
  std::vector<uint64_t> words() const;  ///< of all locks
};

/// Evidence per contended lock (is_contention kinds with a wait), in order of identity.
std::vector<LockEvidence> contended_locks(const Profile& profile);

/// Exact waits for all words of one identity.
struct WaitSum {
  uint64_t count = 0;
  uint64_t total_ns = 0;
};

/// One entry per Profile::locks.
std::vector<WaitSum> waits_by_lock(const Profile& profile);

/// "RateLimiter::mu_", or "mutex at 0x7f..." if nothing is known of the object.
std::string lock_name(const LockIdentity& lock);

/// Identity of a finding of `rule` about an object: its record and field, else its variable.
/// Without a name it is `noun` and the function that waits most: no address enters.
std::string object_fingerprint(const std::string& rule, const DataObject& object,
                               const std::string& noun, const StackSum& waiters);

/// Identity of the finding. Without a name it is the function that waits most: no address enters.
std::string lock_fingerprint(const LockIdentity& lock, const StackSum& waiters);

}  // namespace quarrel
