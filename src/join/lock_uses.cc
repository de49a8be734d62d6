// How is every lock used, contended or not?
#include "join/lock_uses.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "join/wait_histogram.h"

namespace quarrel {
namespace {

constexpr double kNsPerS = 1e9;
constexpr double kMillion = 1e6;

struct Sum {
  LockUse use;
  WaitHistogram histogram;
};

void add(const LockHold& hold, Sum& sum) {
  sum.use.objects += 1;
  sum.use.acquisitions += hold.acquisitions;
  sum.use.try_failures += hold.try_failures;
  sum.use.holds += hold.holds;
  sum.use.total_ns += hold.total_ns;
  sum.use.max_ns = std::max(sum.use.max_ns, hold.max_ns);
  sum.histogram.add(hold.histogram);
}

LockUse finish(Sum sum, double observed_s) {
  LockUse& use = sum.use;
  use.p50_ns = sum.histogram.quantile_ns(0.5, use.max_ns);
  use.p99_ns = sum.histogram.quantile_ns(0.99, use.max_ns);
  if (observed_s <= 0) return use;
  use.acquisitions_per_s = static_cast<double>(use.acquisitions) / observed_s;
  use.held_share = static_cast<double>(use.total_ns) / kNsPerS / observed_s;
  return use;
}

LockUses describe_probes(const HoldProbing& probing) {
  LockUses uses;
  uses.probe_ns = probing.probe_ns;
  uses.subtracted_ns = probing.own_ns;
  uses.hits = probing.hits;
  uses.windows = probing.windows;
  uses.observed_s = static_cast<double>(probing.observed_ns) / kNsPerS;
  uses.max_overhead = static_cast<double>(probing.max_overhead_ppm) / kMillion;
  const double cost_ns = static_cast<double>(probing.hits) * static_cast<double>(probing.probe_ns);
  if (probing.target_cpu_ns > 0)
    uses.overhead = cost_ns / static_cast<double>(probing.target_cpu_ns);
  return uses;
}

}  // namespace

std::optional<LockUses> lock_uses(const Profile& profile) {
  const Recording& recording = profile.recording;
  if (recording.hold_probing.empty()) return std::nullopt;
  LockUses uses = describe_probes(recording.hold_probing.front());
  std::map<std::pair<std::string, bool>, Sum> sums;
  for (size_t i = 0; i < recording.lock_holds.size() && i < profile.held_locks.size(); ++i) {
    const LockHold& hold = recording.lock_holds[i];
    Sum& sum = sums[{profile.held_locks[i].display, hold.is_rwlock}];
    sum.use.name = profile.held_locks[i].display;
    sum.use.kind = hold.is_rwlock ? "rwlock write" : "mutex";
    add(hold, sum);
  }
  for (auto& [key, sum] : sums) uses.locks.push_back(finish(std::move(sum), uses.observed_s));
  std::stable_sort(uses.locks.begin(), uses.locks.end(), [](const LockUse& a, const LockUse& b) {
    return std::tie(b.total_ns, b.acquisitions) < std::tie(a.total_ns, a.acquisitions);
  });
  return uses;
}

}  // namespace quarrel
