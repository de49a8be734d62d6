// Which locks make threads wait, how long, for whom, and what was the holder doing?
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "join/advice/advice.h"
#include "join/allocation_sites.h"
#include "join/convoy.h"
#include "join/gain_bound.h"
#include "join/join.h"
#include "join/lock_evidence.h"
#include "join/lock_verdict.h"
#include "join/run_rate.h"
#include "join/stuck_lock.h"
#include "join/wait_chain.h"
#include "model/fingerprint.h"
#include "model/wait_kind_name.h"

namespace quarrel {
namespace {

constexpr size_t kMaxLines = 5;
constexpr size_t kMaxStacks = 5;

double rate_of(const Recording& recording, uint64_t ns) {
  return thread_ms_per_s(static_cast<double>(ns), recording.run.duration_ns);
}

HolderActivity activity_of(const Recording& recording, const HolderNs& ns) {
  return {rate_of(recording, ns.running), rate_of(recording, ns.preempted),
          rate_of(recording, ns.asleep), rate_of(recording, ns.waiting),
          rate_of(recording, ns.unseen)};
}

std::vector<ThreadRole> waiters_of(const Recording& recording, const LockEvidence& evidence) {
  std::vector<ThreadRole> rows;
  for (const auto& [thread, ns] : evidence.waited_ns) {
    const ThreadName name = name_thread(recording, thread);
    rows.push_back({name.tid, name.name, "waiter", rate_of(recording, ns), {}});
  }
  return rows;
}

std::vector<ThreadRole> holders_of(const Recording& recording, const LockEvidence& evidence) {
  std::vector<ThreadRole> rows;
  for (const auto& [thread, ns] : evidence.held_ns) {
    const ThreadName name = name_thread(recording, thread);
    rows.push_back({name.tid, name.name, "holder", rate_of(recording, ns.total()),
                    activity_of(recording, ns)});
  }
  return rows;
}

void add_threads(std::vector<ThreadRole> rows, Finding& finding) {
  std::stable_sort(rows.begin(), rows.end(), [](const ThreadRole& a, const ThreadRole& b) {
    return a.thread_ms_per_s > b.thread_ms_per_s;
  });
  finding.threads.insert(finding.threads.end(), rows.begin(), rows.end());
}

bool is_reacquire(const FindingStack& stack) {
  return std::any_of(stack.frames.begin(), stack.frames.end(),
                     [](const FindingFrame& frame) { return waits_for_condition(frame.function); });
}

/// Of a thread-local every thread has one: which of them threads wait for.
std::string whose(const Recording& recording, ThreadId thread) {
  if (thread.value >= recording.threads.size()) return "";
  const Thread& owner = recording.threads[thread.value];
  return fmt::format("; it is thread-local, and this one is of thread {} ({})", owner.tid,
                     owner.name);
}

void add_code(const Recording& recording, const LockEvidence& evidence, Finding& finding) {
  const DataObject& object = evidence.hottest->object;
  const CodeLocation& declared = object.declared;
  if (!declared.file.empty())
    finding.locations.push_back(
        {declared.file, declared.line, declared.column, declared.function, "declaration",
         finding.subject.name + " is declared here" + whose(recording, object.thread)});
  for (FindingLocation& line : evidence.waiters.source_lines(kMaxLines, "waiting"))
    finding.locations.push_back(std::move(line));
  for (FindingLocation& line :
       evidence.holders.source_lines(kMaxLines, "holding while others wait"))
    finding.locations.push_back(std::move(line));
  for (FindingStack& stack : evidence.waiters.heaviest(kMaxStacks)) {
    if (evidence.hottest->kind != WaitKind::kOwnLock && is_reacquire(stack))
      stack.note = "re-acquires the mutex after a condition variable";
    finding.stacks.push_back(std::move(stack));
  }
  for (FindingStack& stack : evidence.holders.heaviest(kMaxStacks))
    finding.stacks.push_back(std::move(stack));
  for (FindingStack& stack : evidence.wakers.heaviest(kMaxStacks))
    finding.stacks.push_back(std::move(stack));
}

void add_advice(const JoinInput& input, const LockEvidence& evidence, const LockStanding& standing,
                Finding& finding) {
  if (is_stuck(evidence, input.profile.recording.run.duration_ns)) {
    judge_stuck_lock(evidence, finding);
    return;
  }
  const auto state = guarded_state(input.facts, *evidence.hottest);
  const AtomicTest test = test_for_atomic(evidence, standing, state);
  judge_lock(evidence, standing, test, finding);
  if (finding.verdict == Verdict::kLeave) {
    finding.advice.push_back(advise_leave("the waiting is negligible"));
    return;
  }
  if (test.holds()) finding.advice.push_back(advise_atomic(test, evidence, state));
  finding.advice.push_back(advise_shorten(evidence));
  if (!test.holds()) finding.advice.push_back(advise_atomic(test, evidence, state));
}

Subject lock_subject(const LockEvidence& evidence) {
  const DataObject& object = evidence.hottest->object;
  Subject subject{SubjectKind::kLock, lock_name(*evidence.hottest), object.type, {}, {}};
  subject.instances = evidence.locks.size();
  if (subject.instances > 1) subject.name = without_indices(subject.name);
  if (object.address != 0)
    subject.address = object.address;
  else if (!evidence.hottest->words.empty())
    subject.address = evidence.hottest->words.front();
  return subject;
}

/// " (16 objects; the busiest, locks_[5], has 8 % of the waiting)" for the elements of an array.
std::string describe_objects(const LockEvidence& evidence, const std::string& common_name) {
  if (evidence.locks.size() < 2) return "";
  const double share = static_cast<double>(evidence.hottest_ns) /
                       static_cast<double>(std::max<uint64_t>(1, evidence.waits.total_ns));
  const std::string busiest = lock_name(*evidence.hottest);
  return fmt::format(" ({} objects; the busiest{} has {:.0f} % of the waiting)",
                     evidence.locks.size(), busiest == common_name ? "" : ", " + busiest + ",",
                     100 * share);
}

std::string lock_message(const LockEvidence& evidence, const Finding& finding) {
  const std::string objects = describe_objects(evidence, finding.subject.name);
  const size_t waiters = evidence.waited_ns.size();
  return fmt::format("{} thread{} for {} {}{}: {:.1f} thread-ms lost per second of run", waiters,
                     waiters == 1 ? " waits" : "s wait", finding.waits->kind, finding.subject.name,
                     objects, finding.cost.thread_ms_per_s);
}

Finding lock_finding(const JoinInput& input, const LockEvidence& evidence,
                     const LockStanding& standing, const WaitChains& chains) {
  const Recording& recording = input.profile.recording;
  Finding finding;
  finding.rule = "lock-contention";
  finding.fingerprint = evidence.fingerprint;
  finding.evidence = Evidence::kHarm;
  finding.subject = lock_subject(evidence);
  finding.cost = {standing.cost_ms_per_s, Bound::kExact};
  finding.waits = evidence.waits;
  finding.message = lock_message(evidence, finding);
  finding.holders = activity_of(recording, evidence.all_held_ns());
  finding.handoff_ms_per_s = rate_of(recording, evidence.handoff_ns);
  finding.chain = chains.chain_from(evidence);
  finding.convoy = find_convoy(evidence);
  add_threads(waiters_of(recording, evidence), finding);
  add_threads(holders_of(recording, evidence), finding);
  add_code(recording, evidence, finding);
  add_advice(input, evidence, standing, finding);
  AllocationSum allocations(input.profile);
  allocations.add_waits(evidence.words());
  allocations.describe(finding, evidence.hottest->object.source != NameSource::kUnknown);
  return finding;
}

void run(const RuleInput& input, std::vector<Finding>& findings) {
  const uint64_t duration_ns = input.profile.recording.run.duration_ns;
  const std::vector<LockEvidence>& locks = input.locks;
  const WaitChains chains(input.profile, locks);
  double all_ns = 0;
  std::vector<const LockEvidence*> order;
  for (const LockEvidence& lock : locks) {
    all_ns += static_cast<double>(lock.waits.total_ns);
    order.push_back(&lock);
  }
  std::stable_sort(order.begin(), order.end(), [](const LockEvidence* a, const LockEvidence* b) {
    return a->waits.total_ns > b->waits.total_ns;
  });
  const std::vector<double> gains = gain_bounds_ns(locks);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto own_ns = static_cast<double>(order[rank]->waits.total_ns);
    const LockStanding standing{rank, all_ns > 0 ? own_ns / all_ns : 0,
                                thread_ms_per_s(own_ns, duration_ns)};
    if (standing.cost_ms_per_s < kFloorMsPerS) continue;
    findings.push_back(lock_finding(input, *order[rank], standing, chains));
    const auto index = static_cast<size_t>(order[rank] - locks.data());
    findings.back().gain_bound_ms_per_s = thread_ms_per_s(gains[index], duration_ns);
  }
}

const Registration<JoinRule> kLockContention{{"lock-contention", run}};

}  // namespace
}  // namespace quarrel
