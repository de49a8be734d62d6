// Does the join charge the right costs to the right names, and stay silent otherwise?
#include "join/join.h"
#include "join/watch_evidence.h"

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
                                             "spin-contention", "true-sharing"}));
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

Profile watched_profile(uint64_t hits_of_second) {
  Profile profile = sample::busy_profile();
  profile.recording.watched_bytes = {{sample::kLineAddress, 8, 2, 200'000'000},
                                     {sample::kLineAddress + 8, 8, 2, 100'000'000}};
  profile.lines[0].accesses[0].hits = 20;
  profile.lines[0].accesses[1].hits = hits_of_second;
  return profile;
}

TEST(Join, CallsALineConfirmedIfWatchpointsSawTwoThreads) {
  const Profile profile = watched_profile(20);
  const auto watched = watched_line(profile.lines[0], profile.recording);
  ASSERT_TRUE(watched.has_value());
  EXPECT_TRUE(watched->is_confirmed);
  EXPECT_EQ(watched->hits, 40u);
  EXPECT_EQ(watched->writers, 2u);
  EXPECT_EQ(watched->watched_ms, 200);
  const Diagnosis diagnosis = diagnose(profile);
  EXPECT_GE(find_rule(diagnosis, "false-sharing")->evidence, Evidence::kConfirmed);
}

TEST(Join, DoesNotCallALineConfirmedWhereOneThreadAloneWasSeen) {
  const Profile profile = watched_profile(0);
  const auto watched = watched_line(profile.lines[0], profile.recording);
  ASSERT_TRUE(watched.has_value());
  EXPECT_FALSE(watched->is_confirmed);
  EXPECT_EQ(watched->threads, 1u);
  EXPECT_FALSE(watched_line(profile.lines[0], {}).has_value());
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

/// Two objects of a record side by side, each with a counter of one thread.
Profile neighbours_profile(uint64_t stride) {
  Profile profile = sample::busy_profile();
  LineProfile& line = profile.lines[0];
  line.objects[1] = line.objects[0];
  line.objects[1].address += stride;
  line.accesses[1].offset = static_cast<uint32_t>(stride);
  return profile;
}

TEST(Join, AdvisesToAlignTheRecordOfNeighbours) {
  const Diagnosis diagnosis = diagnose(neighbours_profile(24));
  const Finding* line = find_rule(diagnosis, "false-sharing");
  ASSERT_NE(line, nullptr);
  ASSERT_NE(line->verdict, Verdict::kLeave);
  EXPECT_NE(line->message.find("Counters::a of 2 neighbours share a cache line"), std::string::npos)
      << line->message;
  ASSERT_EQ(line->advice.size(), 1u);
  EXPECT_NE(line->advice[0].summary.find("declare Counters alignas(64)"), std::string::npos);
  EXPECT_EQ(line->advice[0].memory_bytes, 40u);
  EXPECT_EQ(line->advice[0].guard, "static_assert(alignof(Counters) >= 64);");
}

TEST(Join, AdvisesASlotForEachScalarOfAnArray) {
  Profile profile = neighbours_profile(8);
  for (uint32_t i = 0; i < 2; ++i) {
    DataObject& element = profile.lines[0].objects[i];
    element.record = element.field = "";
    element.variable = element.display = "g_hits[" + std::to_string(3 + i) + "]";
  }
  const Diagnosis diagnosis = diagnose(profile);
  const Finding* line = find_rule(diagnosis, "false-sharing");
  ASSERT_NE(line, nullptr);
  ASSERT_EQ(line->advice.size(), 1u);
  EXPECT_NE(line->advice[0].summary.find("each element of g_hits[]"), std::string::npos);
  EXPECT_EQ(line->advice[0].memory_bytes, 56u);
  EXPECT_EQ(line->fingerprint, fingerprint_of("false-sharing", "", {"g_hits[7]"}));
}

/// The lock of the sample and a second one, elements of one array.
Profile lock_array_profile() {
  Profile profile = sample::busy_profile();
  LockIdentity second = profile.locks[0];
  profile.locks[0].object.field = "locks_[0]";
  profile.locks[0].object.display = "RateLimiter::locks_[0]";
  second.object.field = "locks_[1]";
  second.object.display = "RateLimiter::locks_[1]";
  second.object.address += 40;
  second.words = {sample::kMutexAddress + 40};
  profile.locks.push_back(second);
  LockWait wait = profile.recording.lock_waits[0];
  wait.address = second.words[0];
  profile.recording.lock_waits.push_back(wait);
  profile.lines[0].address = sample::kMutexAddress & ~uint64_t{63};
  for (DataObject& object : profile.lines[0].objects)
    object.address = profile.lines[0].address + object.record_offset;
  return profile;
}

TEST(Join, MakesOneFindingOfAnArrayOfLocks) {
  const Diagnosis diagnosis = diagnose(lock_array_profile());
  const auto is_lock = [](const Finding& one) { return one.rule == "lock-contention"; };
  EXPECT_EQ(std::ranges::count_if(diagnosis.findings, is_lock), 1);
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->subject.name, "RateLimiter::locks_[]");
  EXPECT_EQ(lock->subject.instances, 2u);
  EXPECT_NE(lock->message.find("(2 objects; the busiest, RateLimiter::locks_[0], has"),
            std::string::npos)
      << lock->message;
}

TEST(Join, AdvisesToAlignLocksOfOneLine) {
  const Diagnosis diagnosis = diagnose(lock_array_profile());
  EXPECT_EQ(find_rule(diagnosis, "false-sharing"), nullptr);  // folded
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  const auto pad = std::ranges::find(lock->advice, "pad", &Advice::remedy);
  ASSERT_NE(pad, lock->advice.end());
  EXPECT_NE(pad->summary.find("2 of the locks RateLimiter::locks_[]"), std::string::npos);
  EXPECT_EQ(pad->memory_bytes, 24u);
  // One lock has no neighbour.
  Profile alone = lock_array_profile();
  alone.locks.pop_back();
  alone.recording.lock_waits.pop_back();
  const Diagnosis without = diagnose(alone);
  const Finding* single = find_rule(without, "lock-contention");
  ASSERT_NE(single, nullptr);
  EXPECT_EQ(std::ranges::find(single->advice, "pad", &Advice::remedy), single->advice.end());
}

/// Turns the first of the two counters into what std::make_shared puts before an object.
Profile owner_count_profile(bool same_bytes) {
  Profile profile = sample::busy_profile();
  profile.lines.clear();
  sample::add_line(profile, FrameId{0}, same_bytes);
  DataObject count{.source = NameSource::kCode};
  count.display = "std::shared_ptr<Config>::use_count";
  count.address = sample::kLineAddress;
  count.size = 8;
  count.is_owner_count = true;
  profile.lines[0].objects[0] = count;
  return profile;
}

TEST(Join, AdvisesToCopyASharedPointerLessOften) {
  const Diagnosis diagnosis = diagnose(owner_count_profile(true));
  const Finding* line = find_rule(diagnosis, "true-sharing");
  ASSERT_NE(line, nullptr);
  ASSERT_NE(line->verdict, Verdict::kLeave);
  EXPECT_EQ(line->subject.name, "std::shared_ptr<Config>::use_count");
  ASSERT_EQ(line->advice.size(), 3u);
  EXPECT_EQ(line->advice[0].remedy, "snapshot");
  EXPECT_EQ(line->advice[1].remedy, "shard");
  EXPECT_FALSE(line->advice[1].refused_because.empty());
  EXPECT_FALSE(line->advice[2].refused_because.empty());  // padding
}

TEST(Join, AdvisesToAlignWhatLiesBehindTheCountOfASharedPointer) {
  const Diagnosis diagnosis = diagnose(owner_count_profile(false));
  const Finding* line = find_rule(diagnosis, "false-sharing");
  ASSERT_NE(line, nullptr);
  ASSERT_NE(line->verdict, Verdict::kLeave);
  ASSERT_EQ(line->advice.size(), 2u);
  EXPECT_EQ(line->advice[0].remedy, "pad");
  EXPECT_EQ(line->advice[0].memory_bytes, 104u);  // 48 before the field, 56 behind it
  EXPECT_EQ(line->advice[0].summary.find("use_count"), std::string::npos);
  EXPECT_EQ(line->advice[1].remedy, "snapshot");
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

TEST(Join, NamesTheLinesOfALockInOneSentence) {
  Profile profile = sample::busy_profile();
  const uint64_t line = sample::kMutexAddress & ~uint64_t{63};
  profile.locks[0].object.size = 128;
  profile.lines[0].address = line;
  profile.lines.push_back(profile.lines[0]);
  profile.lines[1].address = line + 64;
  profile.lines[1].objects.clear();
  for (DataObject& object : profile.lines[0].objects) object.address = line + object.record_offset;
  const Diagnosis diagnosis = diagnose(profile);
  const Finding* lock = find_rule(diagnosis, "lock-contention");
  ASSERT_NE(lock, nullptr);
  const size_t first = lock->reason.find("cache line");
  ASSERT_NE(first, std::string::npos) << lock->reason;
  EXPECT_NE(lock->reason.find("Its 2 cache lines ("), std::string::npos) << lock->reason;
  EXPECT_EQ(lock->reason.find("besides"), lock->reason.rfind("besides")) << lock->reason;
}

TEST(Join, DoesNotMentionALineThatCostsNothing) {
  Profile profile = sample::busy_profile();
  profile.recording.run.sample_period_ns = 100;
  profile.lines[0].address = sample::kMutexAddress & ~uint64_t{63};
  const Diagnosis diagnosis = diagnose(profile);
  const Finding* lock = find_rule(diagnosis, "lock-contention");
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
