// Which cache lines of the running target should hardware watchpoints look at?
#include "resolve/watch_targets.h"

#include <algorithm>
#include <map>

#include "resolve/line_attribution.h"

namespace quarrel {
namespace {

/// Attribution of more would hold up the other collectors for too long (some 5 us each).
constexpr size_t kMaxSamplesToJudge = 60'000;

uint64_t weight_of(const LineAccess& access) {
  return access.samples + access.touches;
}

template <class Key>
std::vector<Key> heaviest_first(const std::map<Key, uint64_t>& weights) {
  std::vector<std::pair<uint64_t, Key>> order;
  for (const auto& [key, weight] : weights) order.push_back({weight, key});
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Key> keys;
  for (const auto& [weight, key] : order) keys.push_back(key);
  return keys;
}

/// The only thread that writes these bytes, or an invalid id.
ThreadId writer_of(const LineProfile& line, uint64_t address, uint32_t size) {
  ThreadId writer;
  for (const LineAccess& access : line.accesses) {
    const uint64_t start = line.address + access.offset;
    const bool overlaps = start < address + size && address < start + access.size;
    if (access.kind == AccessKind::kRead || !overlaps) continue;
    if (writer.is_valid() && writer != access.thread) return {};
    writer = access.thread;
  }
  return writer;
}

WatchTarget target_of(const LineProfile& line) {
  std::map<std::pair<uint64_t, uint32_t>, uint64_t> bytes;
  std::map<ThreadId, uint64_t> threads;
  for (const LineAccess& access : line.accesses) {
    bytes[{line.address + access.offset, access.size}] += weight_of(access);
    threads[access.thread] += weight_of(access);
  }
  WatchTarget target{.line = line.address, .bytes = {}, .threads = heaviest_first(threads)};
  for (const auto& [address, size] : heaviest_first(bytes))
    target.bytes.push_back({address, size, writer_of(line, address, size)});
  return target;
}

}  // namespace

std::vector<WatchTarget> find_watch_targets(const Recording& recording) {
  if (recording.line_samples.size() > kMaxSamplesToJudge) return {};
  Coverage unused;
  std::vector<LineProfile> lines = attribute_lines(recording, {}, unused);
  std::stable_sort(lines.begin(), lines.end(), [](const LineProfile& a, const LineProfile& b) {
    return a.samples > b.samples;
  });
  if (lines.size() > kMaxWatchTargets) lines.resize(kMaxWatchTargets);
  std::vector<WatchTarget> targets;
  for (const LineProfile& line : lines) targets.push_back(target_of(line));
  return targets;
}

}  // namespace quarrel
