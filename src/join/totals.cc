// What do all waits sum up to, also those that no finding shows?
#include "join/totals.h"

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
  uint64_t objects = 0;
  uint64_t count = 0;
  uint64_t total_ns = 0;
};

std::vector<IdleWaits> list_idle(const std::map<WaitKind, IdleSum>& sums, uint64_t duration_ns) {
  std::vector<IdleWaits> idle;
  for (const auto& [kind, sum] : sums)
    idle.push_back({wait_kind_name(kind), sum.objects, sum.count,
                    thread_ms_per_s(static_cast<double>(sum.total_ns), duration_ns)});
  return idle;
}

double reported_waiting(const std::vector<Finding>& findings) {
  double reported = 0;
  for (const Finding& finding : findings)
    if (finding.waits) reported += finding.cost.thread_ms_per_s;
  return reported;
}

}  // namespace

Totals total_up(const Profile& profile, const std::vector<Finding>& findings) {
  const uint64_t duration_ns = profile.recording.run.duration_ns;
  const std::vector<WaitSum> waits = waits_by_lock(profile);
  std::map<WaitKind, IdleSum> idle;
  Totals totals;
  uint64_t contended_ns = 0;
  uint64_t idle_ns = 0;
  uint64_t all_ns = 0;
  for (size_t i = 0; i < profile.locks.size(); ++i) {
    all_ns += waits[i].total_ns;
    if (waits[i].count == 0) continue;
    if (is_contention(profile.locks[i].kind)) {
      ++totals.locks_contended;
      contended_ns += waits[i].total_ns;
      continue;
    }
    IdleSum& sum = idle[profile.locks[i].kind];
    ++sum.objects;
    sum.count += waits[i].count;
    sum.total_ns += waits[i].total_ns;
    idle_ns += waits[i].total_ns;
  }
  CHECK(contended_ns + idle_ns == all_ns);
  totals.contention_ms_per_s = thread_ms_per_s(static_cast<double>(contended_ns), duration_ns);
  totals.reported_ms_per_s = reported_waiting(findings);
  totals.lines_shared = profile.lines.size();
  totals.idle = list_idle(idle, duration_ns);
  const std::vector<LockEvidence> locks = contended_locks(profile);
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
