// What did the samples show of a spin lock: who spun, who had it meanwhile, and where?
#include "join/spin_evidence.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "join/lock_evidence.h"

namespace quarrel {
namespace {

/// Samples of one CPU are a period apart: what a thread did is known from its nearest sample within
/// one of them.
constexpr uint64_t kReachPeriods = 1;
/// Of more threads than these none is more likely than chance.
constexpr size_t kMaxGuessed = 2;

/// Which sample of a thread stands nearest to a moment.
class SamplesByThread {
 public:
  explicit SamplesByThread(const Recording& recording) : recording_(recording) {
    for (uint32_t i = 0; i < recording.line_samples.size(); ++i)
      by_thread_[recording.line_samples[i].thread].push_back(i);
    for (auto& [thread, samples] : by_thread_)
      std::ranges::sort(samples, {}, [&](uint32_t index) { return time_of(index); });
  }

  /// Nothing if the thread was not sampled within `reach_ns`.
  const uint32_t* nearest(ThreadId thread, uint64_t time_ns, uint64_t reach_ns) const {
    const auto known = by_thread_.find(thread);
    if (known == by_thread_.end()) return nullptr;
    const auto& samples = known->second;
    const auto after = std::ranges::lower_bound(samples, time_ns, {},
                                                [&](uint32_t index) { return time_of(index); });
    const uint32_t* best = nullptr;
    for (auto at : {after, after == samples.begin() ? samples.end() : std::prev(after)}) {
      if (at == samples.end() || distance(*at, time_ns) > reach_ns) continue;
      if (best == nullptr || distance(*at, time_ns) < distance(*best, time_ns)) best = &*at;
    }
    return best;
  }

 private:
  uint64_t time_of(uint32_t index) const { return recording_.line_samples[index].time_ns; }

  uint64_t distance(uint32_t index, uint64_t time_ns) const {
    const uint64_t own = time_of(index);
    return own > time_ns ? own - time_ns : time_ns - own;
  }

  const Recording& recording_;
  std::unordered_map<ThreadId, std::vector<uint32_t>> by_thread_;
};

using UsersByWord = std::unordered_map<uint64_t, std::set<ThreadId>>;

/// Threads that were seen to spin for the words, or to change them.
UsersByWord users_of(const Profile& profile) {
  UsersByWord users;
  for (const SpinLock& lock : profile.spin_locks)
    for (uint32_t index : lock.samples)
      users[lock.address].insert(profile.recording.line_samples[index].thread);
  for (const LineSample& sample : profile.recording.line_samples)
    for (const MemoryAccess& access : sample.accesses) {
      if (access.kind == AccessKind::kRead) continue;
      if (const auto word = users.find(access.address); word != users.end())
        word->second.insert(sample.thread);
    }
  return users;
}

/// Charges each sample of a spinning thread to those that may have had the lock then.
class HolderSearch {
 public:
  HolderSearch(const Recording& recording, const SamplesByThread& samples, const SpinLock& lock,
               const std::set<ThreadId>& users)
      : recording_(recording),
        samples_(samples),
        lock_(lock),
        users_(users),
        period_ns_(recording.run.sample_period_ns) {}

  void charge(uint32_t index, SpinEvidence& evidence) const {
    const LineSample& sample = recording_.line_samples[index];
    const std::vector<ThreadId> holders = likely_holders(sample);
    if (holders.empty()) evidence.unheld_ns += period_ns_;
    for (ThreadId holder : holders) {
      const uint64_t share = period_ns_ / holders.size();
      evidence.held_ns[holder] += share;
      const uint32_t* own = samples_.nearest(holder, sample.time_ns, kReachPeriods * period_ns_);
      evidence.holders.add(own != nullptr ? recording_.line_samples[*own].stack : StackId(), share);
    }
  }

 private:
  /// A holder that is rarely seen to take the lock is none of its known users: then any thread on a
  /// CPU may have it, as long as these are few.
  std::vector<ThreadId> likely_holders(const LineSample& sample) const {
    std::vector<ThreadId> users;
    std::vector<ThreadId> others;
    for (ThreadId peer : sample.peers)
      if (!spins_at(peer, sample.time_ns)) (users_.contains(peer) ? users : others).push_back(peer);
    if (!users.empty()) return users;
    return others.size() <= kMaxGuessed ? others : std::vector<ThreadId>();
  }

  bool spins_at(ThreadId thread, uint64_t time_ns) const {
    const uint32_t* own = samples_.nearest(thread, time_ns, kReachPeriods * period_ns_);
    return own != nullptr && std::ranges::binary_search(lock_.samples, *own);
  }

  const Recording& recording_;
  const SamplesByThread& samples_;
  const SpinLock& lock_;
  const std::set<ThreadId>& users_;
  uint64_t period_ns_;
};

void add_object(const Recording& recording, const SamplesByThread& samples, const SpinLock& lock,
                const std::set<ThreadId>& users, SpinEvidence& evidence) {
  const HolderSearch holders(recording, samples, lock, users);
  const uint64_t period_ns = recording.run.sample_period_ns;
  for (uint32_t index : lock.samples) {
    const LineSample& sample = recording.line_samples[index];
    ++evidence.samples;
    evidence.spun_ns += period_ns;
    evidence.waited_ns[sample.thread] += period_ns;
    evidence.waiters.add(sample.stack, period_ns);
    holders.charge(index, evidence);
  }
  ++evidence.objects;
  if (lock.samples.size() > evidence.hottest->samples.size()) evidence.hottest = &lock;
}

std::string identity_of(const Profile& profile, const SpinLock& lock) {
  StackSum waiters(profile, "waiter");
  for (uint32_t index : lock.samples) waiters.add(profile.recording.line_samples[index].stack, 1);
  return object_fingerprint("spin-contention", lock.object, "spin lock", waiters);
}

}  // namespace

SpinEvidence::SpinEvidence(const Profile& profile, const SpinLock& first, std::string identity)
    : hottest(&first),
      fingerprint(std::move(identity)),
      waiters(profile, "waiter"),
      holders(profile, "holder") {}

std::vector<SpinEvidence> spun_locks(const Profile& profile) {
  const SamplesByThread samples(profile.recording);
  UsersByWord users = users_of(profile);
  std::vector<SpinEvidence> all;
  std::unordered_map<std::string, size_t> by_fingerprint;
  for (const SpinLock& lock : profile.spin_locks) {
    std::string identity = identity_of(profile, lock);
    auto [place, is_new] = by_fingerprint.emplace(identity, all.size());
    if (is_new) all.emplace_back(profile, lock, std::move(identity));
    add_object(profile.recording, samples, lock, users[lock.address], all[place->second]);
  }
  return all;
}

}  // namespace quarrel
