// What do all waits sum up to, also those that no finding shows?
#include "join/totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/check.h"
#include "join/lock_evidence.h"
#include "join/run_rate.h"
#include "join/wait_chain.h"
#include "model/wait_kind_name.h"

namespace quarrel {
namespace {

struct IdleSum {
  std::map<std::string, IdleObject> named;
  uint64_t objects = 0;
  uint64_t count = 0;
  uint64_t total_ns = 0;
};

std::vector<IdleObject> longest(const std::map<std::string, IdleObject>& named) {
  std::vector<IdleObject> objects;
  for (const auto& [key, object] : named) objects.push_back(object);
  std::stable_sort(objects.begin(), objects.end(), [](const IdleObject& a, const IdleObject& b) {
    return a.thread_ms_per_s > b.thread_ms_per_s;
  });
  if (objects.size() > kMaxIdleObjects) objects.resize(kMaxIdleObjects);
  return objects;
}

std::vector<IdleWaits> list_idle(const std::map<WaitKind, IdleSum>& sums, uint64_t duration_ns) {
  std::vector<IdleWaits> idle;
  for (const auto& [kind, sum] : sums)
    idle.push_back({wait_kind_name(kind), sum.objects, sum.count,
                    thread_ms_per_s(static_cast<double>(sum.total_ns), duration_ns),
                    longest(sum.named)});
  return idle;
}

void add_idle(const LockIdentity& lock, const WaitSum& waits, uint64_t duration_ns, IdleSum& sum) {
  ++sum.objects;
  sum.count += waits.count;
  sum.total_ns += waits.total_ns;
  const std::vector<std::string> attributes = attribute_names(lock.attributes);
  const std::string name = lock_name(lock);
  IdleObject& object = sum.named[fmt::format("{} {}", name, fmt::join(attributes, ","))];
  object.name = name;
  object.attributes = attributes;
  object.count += waits.count;
  object.thread_ms_per_s += thread_ms_per_s(static_cast<double>(waits.total_ns), duration_ns);
}

double reported_waiting(const std::vector<Finding>& findings) {
  double reported = 0;
  for (const Finding& finding : findings)
    if (finding.waits) reported += finding.cost.thread_ms_per_s;
  return reported;
}

}  // namespace

Totals total_up(const Profile& profile, const std::vector<LockEvidence>& locks,
                const std::vector<Finding>& findings) {
  const uint64_t duration_ns = profile.recording.run.duration_ns;
  const std::vector<WaitSum> waits = waits_by_lock(profile);
  std::map<WaitKind, IdleSum> idle;
  Totals totals;
  uint64_t contended_ns = 0;
  uint64_t idle_ns = 0;
  uint64_t all_ns = 0;
  for (size_t i = 0; i < profile.locks.size(); ++i) {
    all_ns += waits[i].total_ns;
    if (waits[i].count == 0 && waits[i].total_ns == 0) continue;
    if (is_contention(profile.locks[i].kind)) {
      ++totals.locks_contended;
      contended_ns += waits[i].total_ns;
      continue;
    }
    add_idle(profile.locks[i], waits[i], duration_ns, idle[profile.locks[i].kind]);
    idle_ns += waits[i].total_ns;
  }
  CHECK(contended_ns + idle_ns == all_ns);
  totals.contention_ms_per_s = thread_ms_per_s(static_cast<double>(contended_ns), duration_ns);
  totals.reported_ms_per_s = reported_waiting(findings);
  totals.lines_shared = profile.lines.size();
  totals.idle = list_idle(idle, duration_ns);
  totals.lock_order = WaitChains(profile, locks).edges();
  return totals;
}

Coverage account_for_waits(const Profile& profile) {
  Coverage account;
  account.collector = "join";
  account.unit = "blocking waits";
  account.state = CollectorState::kOn;
  for (const LockWait& wait : profile.recording.lock_waits) account.seen += wait.count;
  for (const WaitSum& sum : waits_by_lock(profile)) account.attributed += sum.count;
  account.unresolved = account.seen - account.attributed;
  if (account.unresolved == 0) return account;
  account.state = CollectorState::kDegraded;
  account.reason = "some futex words belong to no identified lock; their waits are in no total";
  return account;
}

}  // namespace quarrel
