// Is harm claimed, denied or left open only where the samples allow it, and who does it to whom?
#include "join/line_harm.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

using enum AccessKind;

PeerContrast contrast_of(uint64_t on_hits, uint64_t on_total, uint64_t off_hits,
                         uint64_t off_total) {
  PeerContrast contrast{
      .on_hits = on_hits, .on_total = on_total, .off_hits = off_hits, .off_total = off_total};
  compute_odds(contrast);
  return contrast;
}

LineProfile line_with(uint64_t samples, uint64_t co_active) {
  return {.samples = samples, .co_active_samples = co_active};
}

HarmState state_of(const PeerContrast& contrast) {
  const uint64_t hits = contrast.on_hits + contrast.off_hits;
  return judge_harm(line_with(hits, hits), contrast).state;
}

TEST(JudgeHarm, AShareThatGrowsBesideOthersIsHarm) {
  EXPECT_EQ(state_of(contrast_of(700, 1000, 100, 500)), HarmState::kHarmful);
}

TEST(JudgeHarm, ASmallShareThatDoesNotGrowIsHarmless) {
  EXPECT_EQ(state_of(contrast_of(100, 1000, 100, 1000)), HarmState::kHarmless);
}

TEST(JudgeHarm, AThreadThatOnlyUsesTheLineIsNotCleared) {
  const LineHarm harm = judge_harm(line_with(1920, 1920), contrast_of(960, 1000, 960, 1000));
  EXPECT_EQ(harm.state, HarmState::kSaturated);
  EXPECT_NE(harm.reason.find("--probe-affinity"), std::string::npos);
}

TEST(JudgeHarm, AWideIntervalIsUnsure) {
  EXPECT_EQ(state_of(contrast_of(8, 40, 6, 40)), HarmState::kUnsure);
}

TEST(JudgeHarm, ThreadsThatAlwaysRunTogetherCannotBeCompared) {
  const LineHarm harm = judge_harm(line_with(900, 900), contrast_of(900, 1000, 3, 4));
  EXPECT_EQ(harm.state, HarmState::kAlways);
  EXPECT_NE(harm.reason.find("--probe-affinity"), std::string::npos);
}

TEST(JudgeHarm, ThreadsThatTakeTurnsDoNotWait) {
  const LineHarm harm = judge_harm(line_with(900, 9), contrast_of(5, 6, 900, 1000));
  EXPECT_EQ(harm.state, HarmState::kApart);
  EXPECT_NE(harm.reason.find("9 of 900"), std::string::npos);
}

TEST(JudgeHarm, AHandfulOfSamplesTellsNothing) {
  EXPECT_EQ(judge_harm(line_with(10, 0), contrast_of(5, 6, 5, 10)).state, HarmState::kTooFew);
}

StepCost steps_of(double beside, double together, double spread) {
  return {.tid = 7,
          .ns_beside = beside,
          .ns_together = together,
          .low = beside / together / spread,
          .high = beside / together * spread,
          .windows = 6};
}

TEST(JudgeSteps, StepsThatTakeLongerBesideOthersAreHarmWhereSamplesCannotTell) {
  const LineHarm by_samples{HarmState::kAlways, "unknown"};
  const LineHarm harm = judge_steps(steps_of(4.2, 2.0, 1.2), by_samples);
  EXPECT_EQ(harm.state, HarmState::kHarmful);
  EXPECT_NE(harm.reason.find("2.10 times"), std::string::npos) << harm.reason;
}

TEST(JudgeSteps, StepsThatTakeAsLongClearTheLine) {
  EXPECT_EQ(judge_steps(steps_of(2.0, 2.0, 1.02), {HarmState::kSaturated, ""}).state,
            HarmState::kHarmless);
}

TEST(JudgeSteps, WindowsThatDifferAsMuchTellNothing) {
  const LineHarm harm =
      judge_steps(steps_of(2.2, 2.0, 1.5), {HarmState::kSaturated, "--probe-affinity would tell"});
  EXPECT_EQ(harm.state, HarmState::kSaturated);
  EXPECT_EQ(harm.reason.find("--probe-affinity"), std::string::npos) << "it was used already";
}

TEST(JudgeSteps, DoNotClearWhatTheOddsShow) {
  EXPECT_EQ(judge_steps(steps_of(2.0, 2.0, 1.02), {HarmState::kHarmful, ""}).state,
            HarmState::kHarmful);
}

LineAccess use(uint32_t thread, AccessKind kind) {
  return {.thread = ThreadId{thread}, .offset = thread * 8, .size = 8, .kind = kind, .samples = 10};
}

TEST(SideOf, WhoReadsWaitsAndWhoOnlyStoresTakes) {
  const LineProfile line{.accesses = {use(0, kWrite), use(1, kRead), use(2, kReadWrite)}};
  EXPECT_EQ(side_of(line, {}, ThreadId{0}), LineSide::kAggressor);
  EXPECT_EQ(side_of(line, {}, ThreadId{1}), LineSide::kVictim);
  EXPECT_EQ(side_of(line, {}, ThreadId{2}), LineSide::kBoth);
  EXPECT_EQ(side_of(line, {}, ThreadId{3}), LineSide::kNone);
}

TEST(SideOf, ReadersTakeTheLineFromTheOnlyWriter) {
  const LineProfile line{.accesses = {use(0, kReadWrite), use(1, kRead)}};
  EXPECT_EQ(side_of(line, {}, ThreadId{0}), LineSide::kBoth);
  EXPECT_EQ(side_of(line, {}, ThreadId{1}), LineSide::kVictim);
}

}  // namespace
}  // namespace quarrel
