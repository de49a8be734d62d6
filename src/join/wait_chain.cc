// What do the waiters of a lock wait for in the end, when its holder waits itself?
#include "join/wait_chain.h"

#include <algorithm>
#include <set>

#include "join/run_rate.h"

namespace quarrel {
namespace {

constexpr double kNotableShare = 0.1;
constexpr size_t kMaxLinks = 16;

struct HeaviestState {
  const char* name = "";
  uint64_t ns = 0;
};

HeaviestState heaviest_state(const HolderNs& ns) {
  HeaviestState best{"running", ns.running};
  if (ns.preempted > best.ns) best = {"preempted", ns.preempted};
  if (ns.asleep > best.ns) best = {"asleep", ns.asleep};
  if (ns.unseen > best.ns) best = {"unseen", ns.unseen};
  return best;
}

}  // namespace

WaitChains::WaitChains(const Profile& profile, const std::vector<LockEvidence>& locks)
    : profile_(profile), locks_(locks) {
  for (const LockEvidence& lock : locks)
    for (const uint64_t word : lock.words()) by_word_.emplace(word, &lock);
}

const LockEvidence* WaitChains::lock_of_word(uint64_t word) const {
  const auto found = by_word_.find(word);
  return found == by_word_.end() ? nullptr : found->second;
}

ChainLink WaitChains::link_of(const LockEvidence& lock, ThreadId holder, const char* state,
                              uint64_t ns) const {
  const ThreadName name = name_thread(profile_.recording, holder);
  const auto total = static_cast<double>(std::max<uint64_t>(1, lock.waits.total_ns));
  return {lock_name(*lock.hottest), name.tid, name.name, state,
          std::min(1.0, static_cast<double>(ns) / total)};
}

std::vector<ChainLink> WaitChains::chain_from(const LockEvidence& lock) const {
  std::vector<ChainLink> chain;
  std::set<const LockEvidence*> visited;
  const LockEvidence* at = &lock;
  while (at != nullptr && visited.insert(at).second && chain.size() < kMaxLinks) {
    const auto next =
        std::ranges::max_element(at->next_ns, {}, [](const auto& entry) { return entry.second; });
    const bool leads_on = next != at->next_ns.end() &&
                          lock_of_word(next->first.second) != nullptr &&
                          static_cast<double>(next->second) >=
                              kNotableShare * static_cast<double>(at->waits.total_ns);
    if (leads_on) {
      chain.push_back(link_of(*at, next->first.first, "waiting", next->second));
      at = lock_of_word(next->first.second);
      continue;
    }
    if (chain.empty()) return {};
    const auto holder = std::ranges::max_element(
        at->held_ns, {}, [](const auto& entry) { return entry.second.total(); });
    if (holder != at->held_ns.end()) {
      const HeaviestState state = heaviest_state(holder->second);
      chain.push_back(link_of(*at, holder->first, state.name, state.ns));
    }
    return chain;
  }
  return chain;
}

std::vector<LockEdge> WaitChains::edges() const {
  const uint64_t duration_ns = profile_.recording.run.duration_ns;
  std::vector<LockEdge> edges;
  for (const LockEvidence& lock : locks_) {
    std::map<const LockEvidence*, uint64_t> awaited;
    for (const auto& [next, ns] : lock.next_ns) {
      const LockEvidence* other = lock_of_word(next.second);
      if (other != nullptr && other != &lock) awaited[other] += ns;
    }
    for (const auto& [other, ns] : awaited)
      edges.push_back({lock_name(*lock.hottest), lock_name(*other->hottest),
                       thread_ms_per_s(static_cast<double>(ns), duration_ns)});
  }
  std::ranges::stable_sort(edges, [](const LockEdge& a, const LockEdge& b) {
    return std::tie(b.thread_ms_per_s, a.held, a.awaited) <
           std::tie(a.thread_ms_per_s, b.held, b.awaited);
  });
  return edges;
}

}  // namespace quarrel
