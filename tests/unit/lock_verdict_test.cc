// Is an atomic advised only if all four conditions hold, and is the failing one named otherwise?
#include "join/lock_verdict.h"

#include <gtest/gtest.h>

#include "join/advice/advice.h"
#include "sample_profile.h"

namespace quarrel {
namespace {

/// RateLimiter { std::mutex mu_; long tokens_; long refills_; } and one region of mu_ that touches
/// the first `guarded` of the two fields.
SourceFacts limiter_facts(size_t guarded) {
  SourceFacts facts;
  SourceRecord record;
  record.name = "RateLimiter";
  record.has_layout = true;
  for (uint32_t i = 0; i < 3; ++i) {
    SourceField field;
    field.symbol = SymbolId{i};
    field.name = i == 0 ? "mu_" : i == 1 ? "tokens_" : "refills_";
    field.size_bits = i == 0 ? 320 : 64;
    record.fields.push_back(field);
  }
  facts.records.push_back(record);
  LockRegion region;
  region.lock = SymbolId{0};
  for (uint32_t i = 1; i <= guarded; ++i) region.objects.push_back(SymbolId{i});
  facts.lock_regions.push_back(region);
  return facts;
}

struct Case {
  Profile profile = sample::busy_profile();
  LockEvidence evidence = contended_locks(profile).at(0);
  LockStanding standing{0, 1.0, 260};

  Case() { evidence.waits.p50_ns = 20'000; }
  AtomicTest test(const SourceFacts* facts) {
    return test_for_atomic(evidence, standing, guarded_state(facts, *evidence.hottest));
  }
  std::string reason(const SourceFacts* facts) {
    return why_no_atomic(test(facts), evidence, guarded_state(facts, *evidence.hottest));
  }
};

TEST(AtomicTest, HoldsForAHotShortLockOverOneWord) {
  Case one;
  const SourceFacts facts = limiter_facts(1);
  EXPECT_TRUE(one.test(&facts).holds());
  EXPECT_EQ(one.reason(&facts), "");
}

TEST(AtomicTest, FailsWithoutFactsAndSaysSo) {
  Case one;
  EXPECT_FALSE(one.test(nullptr).holds());
  EXPECT_NE(one.reason(nullptr).find("--facts"), std::string::npos);
}

TEST(AtomicTest, FailsForAnInvariantOverTwoFieldsAndNamesThem) {
  Case one;
  const SourceFacts facts = limiter_facts(2);
  EXPECT_FALSE(one.test(&facts).holds());
  EXPECT_NE(one.reason(&facts).find("refills_, tokens_"), std::string::npos);
}

TEST(AtomicTest, FailsIfTheSectionCallsOut) {
  Case one;
  SourceFacts facts = limiter_facts(1);
  facts.lock_regions[0].calls.push_back(SymbolId{7});
  EXPECT_FALSE(one.test(&facts).holds());
}

TEST(AtomicTest, FailsForALongCriticalSection) {
  Case one;
  const SourceFacts facts = limiter_facts(1);
  one.evidence.waits.p50_ns = 5'000'000;
  EXPECT_FALSE(one.test(&facts).holds());
  EXPECT_NE(one.reason(&facts).find("not short"), std::string::npos);
}

TEST(AtomicTest, FailsForARareWait) {
  Case one;
  const SourceFacts facts = limiter_facts(1);
  one.evidence.waits.count = 3;
  EXPECT_FALSE(one.test(&facts).holds());
}

TEST(AtomicTest, FailsForALockThatIsNotAmongTheTopWaits) {
  Case one;
  const SourceFacts facts = limiter_facts(1);
  one.standing.rank = 9;
  one.standing.share = 0.01;
  EXPECT_FALSE(one.test(&facts).holds());
}

TEST(LockVerdict, LeavesALockThatCostsLessThanAHundredthOfAThread) {
  Case one;
  one.standing.cost_ms_per_s = 5;
  Finding finding;
  judge_lock(one.evidence, one.standing, one.test(nullptr), finding);
  EXPECT_EQ(finding.verdict, Verdict::kLeave);
  EXPECT_EQ(finding.level, Level::kNote);
}

TEST(LockVerdict, AsksForMoreDataIfNoHolderWasSampled) {
  Case one;
  one.profile.recording.blames.clear();
  LockEvidence evidence = contended_locks(one.profile).at(0);
  Finding finding;
  judge_lock(evidence, one.standing, one.test(nullptr), finding);
  EXPECT_EQ(finding.verdict, Verdict::kMeasureFirst);
}

TEST(PadAdvice, PricesWholeLinesAndGuardsTheOffsets) {
  const PadSubject subject{"Counters", {{{"a"}, 8}, {{"b"}, 8}}, nullptr, 64};
  const Advice advice = advise_pad(subject);
  EXPECT_EQ(advice.memory_bytes, 112u);
  EXPECT_NE(advice.guard.find("offsetof(Counters, b)"), std::string::npos);
  EXPECT_FALSE(advise_reorder(subject).has_value());
}

TEST(PadAdvice, OffersAFreeReorderOnlyInARecordThatIsLargeEnough) {
  SourceRecord record;
  record.name = "Counters";
  record.size_bytes = 80;
  PadSubject subject{"Counters", {{{"a"}, 8}, {{"b"}, 8}}, &record, 64};
  EXPECT_TRUE(advise_reorder(subject).has_value());
  record.size_bytes = 79;
  EXPECT_FALSE(advise_reorder(subject).has_value());
}

TEST(PadAdvice, GivesNoGuardForNamesThatOffsetofCannotTake) {
  const PadSubject subject{"T", {{{"+0 (8 bytes)"}, 8}, {{"b"}, 8}}, nullptr, 64};
  EXPECT_EQ(advise_pad(subject).guard, "");
}

}  // namespace
}  // namespace quarrel
