// Does the join charge the right costs to the right names, and stay silent otherwise?
#include "join/join.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "join/merge.h"
#include "sample_profile.h"

namespace quarrel {
namespace {

const std::vector<Finding> kNoStatic;

Diagnosis diagnose(const Profile& profile) {
  return join({profile, nullptr, kNoStatic});
}

const Finding* find_rule(const Diagnosis& diagnosis, const std::string& rule) {
  for (const Finding& finding : diagnosis.findings)
    if (finding.rule == rule) return &finding;
  return nullptr;
}

double sum_of_role(const Finding& finding, const std::string& role) {
  double sum = 0;
  for (const ThreadRole& thread : finding.threads)
    if (thread.role == role) sum += thread.thread_ms_per_s;
  return sum;
}

TEST(JoinRules, AreTheOnesThatHaveAManualPage) {
  std::vector<std::string> names;
  for (const JoinRule& rule : JoinRuleRegistry::all()) names.emplace_back(rule.name);
  EXPECT_EQ(names, (std::vector<std::string>{"false-sharing", "kernel-lock", "lock-contention",
                                             "true-sharing"}));
}

TEST(Join, ChargesALockTheExactTimeOfItsWaitersPerSecondOfRun) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->subject.name, "RateLimiter::mu_");
  EXPECT_EQ(lock->fingerprint, fingerprint_of("lock-contention", "RateLimiter", {"mu_"}));
  EXPECT_EQ(lock->cost.bound, Bound::kExact);
  EXPECT_DOUBLE_EQ(lock->cost.thread_ms_per_s, 260);  // 520 ms in 2 s
  EXPECT_EQ(lock->waits->count, 201u);
  EXPECT_EQ(lock->waits->owner_known_ns, 490'000'000u);
  EXPECT_EQ(lock->evidence, Evidence::kHarm);
}

TEST(Join, MakesWaitersSumToTheCostAndHoldersToTheKnownPart) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_DOUBLE_EQ(sum_of_role(*lock, "waiter"), lock->cost.thread_ms_per_s);
  EXPECT_DOUBLE_EQ(sum_of_role(*lock, "holder"), 245);
  EXPECT_DOUBLE_EQ(lock->holders->running, 245);
  EXPECT_DOUBLE_EQ(lock->handoff_ms_per_s, 5);
}

/// A second mutex, which thread 0 waits for while it holds the first, and thread 2 holds asleep.
Profile chained_profile() {
  Profile profile = sample::busy_profile();
  const uint64_t second = sample::kMutexAddress + 0x100;
  Recording& recording = profile.recording;
  LockIdentity lock = profile.locks[0];
  lock.object.display = lock.object.variable = "g_second";
  lock.object.record = lock.object.field = "";
  lock.words = {second};
  profile.locks.push_back(lock);
  sample::add_wait(recording, second, 0, ThreadId{2}, 50, 400'000'000);
  recording.holder_times[0].state = HolderState::kWaitingForLock;
  recording.holder_times[0].next_address = second;
  recording.holder_times.push_back({second, ThreadId{2}, HolderState::kBlocked, 0, 400'000'000});
  return profile;
}

TEST(Join, FollowsAChainOfLocksToItsRoot) {
  const Diagnosis diagnosis = diagnose(chained_profile());
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  ASSERT_EQ(lock->chain.size(), 2u);
  EXPECT_EQ(lock->chain[0].lock, "RateLimiter::mu_");
  EXPECT_EQ(lock->chain[0].state, "waiting");
  EXPECT_EQ(lock->chain[1].lock, "g_second");
  EXPECT_EQ(lock->chain[1].thread, "worker-2");
  EXPECT_EQ(lock->chain[1].state, "asleep");
  ASSERT_EQ(diagnosis.totals.lock_order.size(), 1u);
  EXPECT_EQ(diagnosis.totals.lock_order[0].awaited, "g_second");
  EXPECT_DOUBLE_EQ(diagnosis.totals.lock_order[0].thread_ms_per_s, 245);
}

TEST(Join, AChainThatComesBackEnds) {
  Profile profile = chained_profile();
  HolderTime& last = profile.recording.holder_times.back();
  last.state = HolderState::kWaitingForLock;
  last.next_address = sample::kMutexAddress;
  const Diagnosis diagnosis = diagnose(std::move(profile));
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->chain.size(), 2u);
  EXPECT_EQ(diagnosis.totals.lock_order.size(), 2u);
}

TEST(Join, NamesTheSourceLinesOfWaiterAndHolderAndSkipsTheLibrary) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  ASSERT_EQ(lock->locations.size(), 3u);
  EXPECT_EQ(lock->locations[0].role, "declaration");
  EXPECT_EQ(lock->locations[1].role, "waiter");
  EXPECT_EQ(lock->locations[1].line, 21u);
  EXPECT_EQ(lock->locations[2].role, "holder");
  EXPECT_EQ(lock->locations[2].function, "RateLimiter::refill()");
}

TEST(Join, CountsIdleConditionVariablesApartFromContention) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  EXPECT_DOUBLE_EQ(diagnosis.totals.contention_ms_per_s, 260);
  EXPECT_DOUBLE_EQ(diagnosis.totals.reported_ms_per_s, 260);
  EXPECT_EQ(diagnosis.totals.locks_contended, 1u);
  ASSERT_EQ(diagnosis.totals.idle.size(), 1u);
  EXPECT_EQ(diagnosis.totals.idle[0].kind, "condition variable");
  EXPECT_DOUBLE_EQ(diagnosis.totals.idle[0].thread_ms_per_s, 950);
}

TEST(Join, KeepsALockBelowTheFloorInTheTotalsOnly) {
  Profile profile = sample::busy_profile();
  for (LockWait& wait : profile.recording.lock_waits) wait.total_ns /= 1000;
  const Diagnosis diagnosis = diagnose(profile);
  EXPECT_EQ(find_rule(diagnosis, "lock-contention"), nullptr);
  EXPECT_GT(diagnosis.totals.contention_ms_per_s, 0);
  EXPECT_EQ(diagnosis.totals.reported_ms_per_s, 0);
}

TEST(Join, FindsNothingInAQuietRun) {
  const Diagnosis diagnosis = diagnose(sample::quiet_profile());
  EXPECT_TRUE(diagnosis.findings.empty());
  EXPECT_EQ(diagnosis.totals.contention_ms_per_s, 0);
}

TEST(Join, CallsFieldsOfOneLineFalselySharedAndBoundsTheirCostFromAbove) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  const Finding* line = find_rule(diagnosis, "false-sharing");
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->subject.name, "Counters");
  EXPECT_EQ(line->fingerprint, fingerprint_of("false-sharing", "Counters", {"a", "b"}));
  EXPECT_EQ(line->cost.bound, Bound::kUpper);
  EXPECT_LE(line->cost.thread_ms_per_s, 300);  // 600 samples of 1 ms in 2 s
  EXPECT_GT(line->cost.thread_ms_per_s, 0);
  EXPECT_EQ(line->sharing, Sharing::kFalse);
  EXPECT_EQ(find_rule(diagnosis, "true-sharing"), nullptr);
}

TEST(Join, AdvisesPaddingWithItsPriceOnlyForFalseSharing) {
  Profile profile = sample::busy_profile();
  const Diagnosis padded = diagnose(profile);
  const Finding* line = find_rule(padded, "false-sharing");
  ASSERT_NE(line, nullptr);
  if (line->verdict != Verdict::kLeave) {
    ASSERT_FALSE(line->advice.empty());
    EXPECT_EQ(line->advice[0].remedy, "pad");
    EXPECT_EQ(line->advice[0].memory_bytes, 112u);
    EXPECT_NE(line->advice[0].guard.find("static_assert"), std::string::npos);
  }
  profile.lines.clear();
  sample::add_line(profile, FrameId{0}, true);
  const Diagnosis shared = diagnose(profile);
  const Finding* bytes = find_rule(shared, "true-sharing");
  ASSERT_NE(bytes, nullptr);
  EXPECT_EQ(find_rule(shared, "false-sharing"), nullptr);
  for (const Advice& advice : bytes->advice)
    EXPECT_TRUE(advice.remedy != "pad" || !advice.refused_because.empty());
}

TEST(Join, FoldsALineIntoTheLockThatLiesOnIt) {
  Profile profile = sample::busy_profile();
  profile.lines[0].address = sample::kMutexAddress & ~uint64_t{63};
  for (DataObject& object : profile.lines[0].objects)
    object.address = profile.lines[0].address + object.record_offset;
  const Diagnosis diagnosis = diagnose(profile);
  EXPECT_EQ(find_rule(diagnosis, "false-sharing"), nullptr);
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_FALSE(lock->subject.fields.empty());
}

TEST(Join, FoldsTheSecondLineOfALockThatStraddlesTwo) {
  Profile profile = sample::busy_profile();
  // The futex word lies on the line before, 24 of its 40 bytes on the sampled one.
  profile.locks[0].object.address = sample::kLineAddress - 16;
  profile.locks[0].words = {sample::kLineAddress - 16};
  for (LockWait& wait : profile.recording.lock_waits)
    if (wait.address == sample::kMutexAddress) wait.address = sample::kLineAddress - 16;
  const Diagnosis diagnosis = diagnose(profile);
  EXPECT_NE(find_rule(diagnosis, "lock-contention"), nullptr);
  EXPECT_EQ(find_rule(diagnosis, "false-sharing"), nullptr);
}

TEST(Join, DoesNotMentionALineThatCostsNothing) {
  Profile profile = sample::busy_profile();
  profile.recording.run.sample_period_ns = 100;
  profile.lines[0].address = sample::kMutexAddress & ~uint64_t{63};
  const Finding* lock = find_rule(diagnose(profile), "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->reason.find("besides"), std::string::npos) << lock->reason;
}

TEST(Join, KeepsALineOfALockThatAStrangerWrites) {
  Profile profile = sample::busy_profile();
  profile.lines[0].address = sample::kMutexAddress & ~uint64_t{63};
  for (DataObject& object : profile.lines[0].objects)
    object.address = profile.lines[0].address + object.record_offset;
  profile.lines[0].accesses[1].thread = ThreadId{3};
  EXPECT_NE(find_rule(diagnose(profile), "false-sharing"), nullptr);
}

TEST(Join, MakesOneFindingOfManyObjectsOfTheSameLock) {
  Profile profile = sample::busy_profile();
  LockIdentity second = profile.locks[0];
  second.words = {0x701040};
  second.object.address = 0x701040;
  profile.locks.push_back(second);
  sample::add_wait(profile.recording, 0x701040, 1, {}, 10, 10'000'000);
  const Diagnosis diagnosis = diagnose(profile);
  const auto count = std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                   [](const Finding& f) { return f.rule == "lock-contention"; });
  EXPECT_EQ(count, 1);
  EXPECT_DOUBLE_EQ(find_rule(diagnosis, "lock-contention")->cost.thread_ms_per_s, 265);
  EXPECT_EQ(diagnosis.totals.locks_contended, 2u);
}

TEST(Join, SortsByCostThenFingerprint) {
  const Diagnosis diagnosis = diagnose(sample::busy_profile());
  EXPECT_TRUE(std::is_sorted(diagnosis.findings.begin(), diagnosis.findings.end(),
                             [](const Finding& a, const Finding& b) {
                               return a.cost.thread_ms_per_s > b.cost.thread_ms_per_s;
                             }));
}

TEST(Join, SurvivesADamagedRecording) {
  Profile profile = sample::busy_profile();
  profile.recording.wait_stacks[0].stack = StackId{999};
  profile.recording.blames[0].holder = ThreadId{999};
  profile.recording.lock_waits[0].waiter = ThreadId{};
  profile.recording.frames[0].caller = FrameId{0};
  profile.recording.lock_stats[0].histogram.resize(500, 1);
  profile.coverage[0].seen = 1;
  const Diagnosis diagnosis = diagnose(profile);
  EXPECT_NE(find_rule(diagnosis, "lock-contention"), nullptr);
  EXPECT_EQ(diagnosis.coverage[0].state, CollectorState::kDegraded);
}

Finding static_twin() {
  Finding finding;
  finding.rule = "false-sharing";
  finding.fingerprint = fingerprint_of("false-sharing", "Counters", {"a", "b", "c"});
  finding.subject.kind = SubjectKind::kSource;
  finding.subject.name = "Counters";
  finding.subject.fields = {{"a", 0, 8, {}, {}, 0}, {"b", 8, 8, {}, {}, 0}};
  finding.locations = {{"counters.h", 6, 21, "", "field", "b is declared here"}};
  return finding;
}

TEST(Merge, GivesAMeasuredFindingTheFingerprintOfItsSourceTwin) {
  const std::vector<Finding> from_source = {static_twin()};
  const Profile profile = sample::busy_profile();
  const Diagnosis diagnosis = join({profile, nullptr, from_source});
  const auto count = std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                   [](const Finding& f) { return f.rule == "false-sharing"; });
  EXPECT_EQ(count, 1);
  const Finding* line = find_rule(diagnosis, "false-sharing");
  EXPECT_EQ(line->fingerprint, from_source[0].fingerprint);
  EXPECT_EQ(line->locations[0].column, 21u);
  EXPECT_GT(line->cost.thread_ms_per_s, 0);
}

TEST(Merge, KeepsAStaticFindingOfAnotherRecordApart) {
  Finding other = static_twin();
  other.subject.name = "Gauges";
  other.locations[0].file = "gauges.h";
  const std::vector<Finding> from_source = {other};
  const Profile profile = sample::busy_profile();
  const Diagnosis diagnosis = join({profile, nullptr, from_source});
  EXPECT_EQ(std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                          [](const Finding& f) { return f.rule == "false-sharing"; }),
            2);
}

TEST(JoinStatic, AccountsForEveryTranslationUnit) {
  SourceFacts facts;
  facts.units = {{FileId{0}, UnitState::kComplete, ""}, {FileId{1}, UnitState::kCrashed, ""}};
  const Diagnosis diagnosis = join_static(facts, {static_twin()});
  ASSERT_EQ(diagnosis.coverage.size(), 1u);
  EXPECT_TRUE(coverage_holds(diagnosis.coverage[0]));
  EXPECT_EQ(lost_total(diagnosis.coverage[0]), 1u);
  EXPECT_EQ(diagnosis.run.source, "scan");
  EXPECT_EQ(diagnosis.findings.size(), 1u);
}

}  // namespace
}  // namespace quarrel
