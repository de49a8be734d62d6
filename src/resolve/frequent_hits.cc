// Which hits of watchpoints tell who fights over a line, and which only who came by?
#include "resolve/frequent_hits.h"

#include <algorithm>
#include <map>
#include <utility>

namespace quarrel {
namespace {

/// All instructions of one thread at the same bytes.
struct Use {
  uint64_t hits = 0;
  uint64_t span_ns = 0;

  /// Hits per second, as far as the watch itself let the thread run.
  double rate() const {
    return static_cast<double>(hits) * 1e9 / static_cast<double>(std::max<uint64_t>(1, span_ns));
  }
};

/// A thread that hit other bytes of the line this often was at work there.
constexpr uint64_t kMinHitsElsewhere = 5;
constexpr uint64_t kMinWatchedNs = 50'000'000;

}  // namespace

RefutedUses::RefutedUses(const Recording& recording, uint32_t line_size) : line_size_(line_size) {
  const auto line_of = [&](uint64_t address) { return address & ~uint64_t{line_size_ - 1}; };
  for (const WatchedBytes& bytes : recording.watched_bytes)
    if (bytes.watched_ns >= kMinWatchedNs)
      lines_[line_of(bytes.address)].push_back({bytes.address, bytes.size, {}});
  for (const WatchHit& hit : recording.watch_hits) {
    hits_[{line_of(hit.address), hit.thread}] += hit.hits;
    for (Watched& watched : lines_[line_of(hit.address)])
      if (watched.address == hit.address) watched.users.insert(hit.thread);
  }
}

bool RefutedUses::holds(ThreadId thread, uint64_t address, uint32_t size) const {
  const uint64_t line = address & ~uint64_t{line_size_ - 1};
  const auto watched = lines_.find(line);
  const auto hits = hits_.find({line, thread});
  if (watched == lines_.end() || hits == hits_.end() || hits->second < kMinHitsElsewhere)
    return false;
  uint64_t covered = 0;
  for (const Watched& bytes : watched->second) {
    const uint64_t begin = std::max(address, bytes.address);
    const uint64_t end = std::min(address + size, bytes.address + bytes.size);
    if (end <= begin) continue;
    if (bytes.users.contains(thread)) return false;
    covered += end - begin;
  }
  return covered >= size;
}

std::vector<WatchHit> frequent_hits(const Recording& recording, uint32_t line_size) {
  std::map<std::pair<uint64_t, ThreadId>, Use> uses;
  for (const WatchHit& hit : recording.watch_hits) {
    Use& use = uses[{hit.address, hit.thread}];
    use.hits += hit.hits;
    use.span_ns = std::max(use.span_ns, hit.span_ns);
  }
  std::map<uint64_t, double> highest;  // by line
  for (const auto& [key, use] : uses) {
    double& rate = highest[key.first & ~uint64_t{line_size - 1}];
    rate = std::max(rate, use.rate());
  }
  std::vector<WatchHit> frequent;
  for (const WatchHit& hit : recording.watch_hits) {
    const double least = kMinHitRateShare * highest.at(hit.address & ~uint64_t{line_size - 1});
    if (hit.instruction != 0 && uses.at({hit.address, hit.thread}).rate() >= least)
      frequent.push_back(hit);
  }
  return frequent;
}

}  // namespace quarrel
