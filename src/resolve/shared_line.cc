// Is what was seen of one cache line enough to call it shared?
#include "resolve/shared_line.h"

#include <algorithm>
#include <set>

namespace quarrel {
namespace {

/// An offset with less of its thread's weight is a stray candidate. Where a thread uses more than
/// kManyOffsets offsets evenly, the bar is lowered in proportion.
constexpr double kMinOffsetShare = 0.15;
constexpr double kManyOffsets = 6;
/// An access that was surely executed is no stray candidate. It counts unless it is rare: the first
/// of several loads of a line takes the stall, so the others have few samples.
constexpr double kMinCertainShare = 0.03;
constexpr uint64_t kMinCertainSamples = 4;
/// A thread with less evidence than this may have initialised the line, not fought over it.
constexpr double kMinThreadTicks = 3;
constexpr double kMinThreadShare = 0.01;
/// Two hits this close count as simultaneous at up to 499 samples per second.
constexpr uint64_t kSimultaneousNs = 2'000'000;
/// A thread that is on a CPU now still uses a line that it was last seen on this long ago.
constexpr uint64_t kSamePhaseNs = 100'000'000;

/// In samples; a touch is half of the evidence that a charged sample is.
double weight_of(const AccessTally& tally) {
  return static_cast<double>(tally.charged.size()) + 0.5 * static_cast<double>(tally.touches);
}

struct OffsetWeight {
  double all = 0;
  uint64_t certain = 0;  ///< samples
};

struct ThreadWeight {
  std::map<uint32_t, OffsetWeight> by_offset;
  double total = 0;

  bool supports(uint32_t offset) const {
    const auto found = by_offset.find(offset);
    if (found == by_offset.end()) return false;
    const OffsetWeight& weight = found->second;
    if (weight.certain >= kMinCertainSamples && weight.all >= kMinCertainShare * total) return true;
    const double crowding = std::max(1.0, static_cast<double>(by_offset.size()) / kManyOffsets);
    return weight.all >= kMinOffsetShare * total / crowding;
  }
};

using ThreadWeights = std::map<ThreadId, ThreadWeight>;

ThreadWeights weigh(const LineTally& tally) {
  ThreadWeights weights;
  for (const auto& [key, access] : tally.accesses) {
    if (weight_of(access) == 0) continue;
    ThreadWeight& thread = weights[key.thread];
    OffsetWeight& offset = thread.by_offset[key.offset];
    offset.all += weight_of(access);
    offset.certain += access.certain;
    thread.total += weight_of(access);
  }
  return weights;
}

void drop_faint_threads(ThreadWeights& weights) {
  double total = 0;
  for (const auto& [id, thread] : weights) total += thread.total;
  const double least = std::max(kMinThreadTicks, kMinThreadShare * total);
  std::erase_if(weights, [&](const auto& entry) { return entry.second.total < least; });
}

std::vector<AccessCaller> callers_of(const AccessTally& tally) {
  std::vector<AccessCaller> callers;
  for (const auto& [frame, caller] : tally.callers)
    callers.push_back({.innermost = caller.innermost, .samples = caller.samples});
  std::stable_sort(
      callers.begin(), callers.end(),
      [](const AccessCaller& a, const AccessCaller& b) { return a.samples > b.samples; });
  return callers;
}

LineAccess line_access(const AccessKey& key, const AccessTally& tally) {
  return {.thread = key.thread,
          .offset = key.offset,
          .size = key.size,
          .kind = key.kind,
          .is_locked = key.is_locked,
          .instruction = key.instruction,
          .samples = tally.charged.size(),
          .touches = tally.touches,
          .callers = callers_of(tally),
          .hits = tally.hits};
}

void keep_supported(const LineTally& tally, const ThreadWeights& weights, LineProfile& line) {
  for (const auto& [key, access] : tally.accesses) {
    const auto thread = weights.find(key.thread);
    const bool is_sampled = thread != weights.end() && thread->second.supports(key.offset);
    if (!is_sampled && access.hits == 0) continue;
    line.accesses.push_back(line_access(key, access));
    line.charged.insert(line.charged.end(), access.charged.begin(), access.charged.end());
  }
  std::sort(line.charged.begin(), line.charged.end());
  line.samples = line.charged.size();
}

bool is_fought_over(const LineProfile& line) {
  std::set<ThreadId> threads;
  bool is_written = false;
  for (const LineAccess& access : line.accesses) {
    threads.insert(access.thread);
    is_written |= access.kind != AccessKind::kRead;
  }
  return is_written && threads.size() >= 2;
}

uint64_t min_samples(const Recording& recording) {
  const auto share = static_cast<double>(recording.line_samples.size()) * kMinLineShare;
  return std::max(kMinLineSamples, static_cast<uint64_t>(share));
}

/// When each thread of the line was seen on it, ascending.
using HitTimes = std::map<ThreadId, std::vector<uint64_t>>;

HitTimes hit_times(const LineTally& tally, const LineProfile& line) {
  HitTimes times;
  for (const LineAccess& access : line.accesses) times[access.thread];
  for (const LineHit& hit : tally.hits)
    if (const auto thread = times.find(hit.thread); thread != times.end())
      thread->second.push_back(hit.time_ns);
  for (auto& [thread, list] : times) std::sort(list.begin(), list.end());
  return times;
}

bool was_seen_near(const std::vector<uint64_t>& times, uint64_t time_ns, uint64_t reach_ns) {
  const uint64_t first = time_ns > reach_ns ? time_ns - reach_ns : 0;
  const auto hit = std::lower_bound(times.begin(), times.end(), first);
  return hit != times.end() && (*hit <= time_ns || *hit - time_ns <= reach_ns);
}

bool is_co_active(const LineSample& sample, const HitTimes& times) {
  for (const auto& [thread, list] : times) {
    if (thread == sample.thread) continue;
    const bool is_on_cpu =
        std::find(sample.peers.begin(), sample.peers.end(), thread) != sample.peers.end();
    if (was_seen_near(list, sample.time_ns, is_on_cpu ? kSamePhaseNs : kSimultaneousNs))
      return true;
  }
  return false;
}

}  // namespace

std::optional<LineProfile> judge_line(uint64_t address, const LineTally& tally,
                                      const Recording& recording) {
  ThreadWeights weights = weigh(tally);
  drop_faint_threads(weights);
  LineProfile line{.address = address};
  keep_supported(tally, weights, line);
  if (!is_fought_over(line) || line.samples < min_samples(recording)) return std::nullopt;
  const HitTimes times = hit_times(tally, line);
  line.co_active_samples = static_cast<uint64_t>(std::count_if(
      line.charged.begin(), line.charged.end(),
      [&](uint32_t index) { return is_co_active(recording.line_samples[index], times); }));
  return line;
}

}  // namespace quarrel
