// Do captured waits add up, and is the choice of examples right?
#include "collect/captured_waits.h"
#include "collect/blame_sums.h"

#include <gtest/gtest.h>

#include "collect/capture_rate.h"
#include "collect/sample_sums.h"

namespace quarrel {
namespace {

Recording recording_with_stacks(std::vector<StackStatus> statuses) {
  Recording recording;
  recording.run.start_ns = 1'000'000'000;
  for (const StackStatus status : statuses) recording.stacks.push_back({{}, status});
  return recording;
}

CapturedWait wait_of(uint64_t address, uint32_t stack, uint64_t wait_ns, uint64_t end_ns) {
  CapturedWait wait;
  wait.address = address;
  wait.wants_a_lock = true;
  wait.waiter = {0};
  wait.stack = {stack};
  wait.wait_ns = wait_ns;
  wait.weight_ns = wait_ns;
  wait.capture.time_ns = end_ns;
  wait.capture.bytes.resize(100);
  return wait;
}

TEST(CapturedWaits, AddUpByStack) {
  Recording recording = recording_with_stacks({StackStatus::kComplete, StackStatus::kComplete});
  CapturedWaits waits;
  waits.add(wait_of(8, 0, 100, 1'000'000'100), recording);
  waits.add(wait_of(8, 0, 300, 1'000'000'500), recording);
  waits.add(wait_of(8, 1, 50, 1'000'000'600), recording);
  waits.write_to(recording);
  ASSERT_EQ(recording.wait_stacks.size(), 2u);
  EXPECT_EQ(recording.wait_stacks[0].samples, 2u);
  EXPECT_EQ(recording.wait_stacks[0].weight_ns, 400u);
  EXPECT_EQ(recording.wait_stacks[0].max_ns, 300u);
}

TEST(CapturedWaits, StandInTheSliceInWhichTheyEnded) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  CapturedWaits waits;
  waits.add(wait_of(8, 0, 100, 1'000'000'100), recording);
  waits.add(wait_of(8, 0, 100, 1'000'000'000 + kWaitSliceNs * 3), recording);
  waits.write_to(recording);
  ASSERT_EQ(recording.wait_slices.size(), 2u);
  EXPECT_EQ(recording.wait_slices[0].slice, 0u);
  EXPECT_EQ(recording.wait_slices[1].slice, 3u);
}

TEST(CapturedWaits, KeepTheLongestAndTheyComeFirst) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  CapturedWaits waits;
  for (uint64_t i = 1; i <= 101; ++i)
    waits.add(wait_of(8, 0, i * 7 % 101 + 1, 2'000'000'000 + i * 1000), recording);
  waits.write_to(recording);
  ASSERT_EQ(recording.long_waits.size(), CapturedWaits::kLongWaits);
  EXPECT_EQ(recording.long_waits.front().wait_ns, 101u);
  EXPECT_EQ(recording.long_waits.back().wait_ns, 52u);
}

TEST(CapturedWaits, LeaveIdleWaitsOutOfTheLongest) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  CapturedWaits waits;
  CapturedWait idle = wait_of(8, 0, 1'000'000'000, 2'000'000'000);
  idle.wants_a_lock = false;
  waits.add(idle, recording);
  waits.write_to(recording);
  EXPECT_TRUE(recording.long_waits.empty());
  EXPECT_EQ(recording.wait_stacks.size(), 1u);
}

TEST(Exemplars, AreThreeOfEachAddressWithDifferentStacks) {
  Recording recording = recording_with_stacks(std::vector(5, StackStatus::kComplete));
  ExemplarBudget budget;
  for (const uint64_t address : {8, 16})
    for (const uint32_t stack : {0u, 0u, 1u, 2u, 3u, 4u})
      budget.offer(recording, address, {stack}, wait_of(8, stack, 1, 1).capture);
  ASSERT_EQ(recording.exemplars.size(), 8u);
  EXPECT_EQ(recording.exemplars[1].stack, StackId{1});
  EXPECT_EQ(recording.exemplars[7].address, 16u);
}

// Some threads wait for all their locks with one word.
TEST(Exemplars, AreMoreOfStacksThatNoAddressHasShown) {
  constexpr size_t kStacks = 2 * ExemplarBudget::kNewStacksPerAddress;
  Recording recording = recording_with_stacks(std::vector(kStacks, StackStatus::kComplete));
  ExemplarBudget budget;
  for (uint32_t stack = 0; stack < kStacks; ++stack)
    budget.offer(recording, 8, {stack}, wait_of(8, stack, 1, 1).capture);
  EXPECT_EQ(recording.exemplars.size(), ExemplarBudget::kNewStacksPerAddress);
}

TEST(Exemplars, OfCompleteStacksFindRoomAndChangeNoRowThatMayBeWritten) {
  Recording recording =
      recording_with_stacks({StackStatus::kFailed, StackStatus::kComplete, StackStatus::kComplete,
                             StackStatus::kComplete, StackStatus::kComplete});
  ExemplarBudget budget;
  budget.offer(recording, 16, {4}, {});  // a stack that is known already has less room
  for (const uint32_t stack : {0u, 1u, 2u, 3u, 4u}) budget.offer(recording, 8, {stack}, {});
  std::vector<StackId> stacks;
  for (const Exemplar& exemplar : recording.exemplars) stacks.push_back(exemplar.stack);
  EXPECT_EQ(stacks, (std::vector<StackId>{{4}, {0}, {1}, {2}, {3}}));
}

TEST(Exemplars, StayWithinTheirBudgetAndCountWhatItRefused) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  ExemplarBudget budget;
  Capture capture;
  capture.bytes.resize(2 * ExemplarBudget::kMaxCaptureBytes);
  const size_t fit = ExemplarBudget::kMaxTotalBytes / ExemplarBudget::kMaxCaptureBytes;
  for (uint64_t address = 0; address < fit + 7; ++address)
    budget.offer(recording, address, {0}, capture);
  EXPECT_EQ(recording.exemplars.size(), fit);
  EXPECT_EQ(recording.exemplars[0].capture.bytes.size(), ExemplarBudget::kMaxCaptureBytes);
  EXPECT_EQ(budget.refused(), 7u);
  ASSERT_EQ(budget.omissions().size(), 1u);
  EXPECT_EQ(budget.omissions()[0], "7 captures beyond 64 MiB were not kept for naming");
}

TEST(SampleSums, CountSamplesWithAndWithoutAnAddress) {
  Recording recording;
  SampleSums sums;
  LineSample sample;
  sums.add_sample(sample, {}, recording);
  sample.accesses.push_back({1, 64, 8});
  for (int i = 0; i < 10; ++i) sums.add_sample(sample, {}, recording);
  EXPECT_EQ(sums.without_address, 1u);
  EXPECT_EQ(sums.with_address, 10u);
  EXPECT_EQ(recording.exemplars.size(), 1u);
}

TEST(BlameSums, AddUpByHolderStateAndStack) {
  Recording recording = recording_with_stacks({StackStatus::kComplete, StackStatus::kFailed});
  BlameSums sums(SeenHolders::kOnCpu);
  const HolderState runs = HolderState::kRunning;
  sums.add({8, {0}, runs, {0}, 1, 100}, recording);
  sums.add({8, {0}, runs, {0}, 1, 300}, recording);
  sums.add({8, {0}, runs, {1}, 1, 10}, recording);
  sums.write_to(recording);
  ASSERT_EQ(recording.blames.size(), 2u);
  EXPECT_EQ(recording.blames[0].waiter_ns, 400u);
  EXPECT_EQ(sums.complete(), 2u);
  EXPECT_EQ(sums.incomplete(), 1u);
}

TEST(BlameSums, OfTwoCollectorsReplaceTheirOwnRowsOnly) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  BlameSums running(SeenHolders::kOnCpu), sleeping(SeenHolders::kOffCpu);
  running.add({8, {0}, HolderState::kRunning, {0}, 1, 100}, recording);
  sleeping.add({8, {0}, HolderState::kBlocked, {0}, 1, 20}, recording);
  for (int checkpoint = 0; checkpoint < 2; ++checkpoint) {
    running.write_to(recording);
    sleeping.write_to(recording);
  }
  ASSERT_EQ(recording.blames.size(), 2u);
  EXPECT_EQ(recording.blames[0].state, HolderState::kRunning);
  EXPECT_EQ(recording.blames[1].waiter_ns, 20u);
}

TEST(CapturedWaits, AWaitOfSeveralCallsIsOneLongWait) {
  Recording recording = recording_with_stacks({StackStatus::kComplete});
  CapturedWaits waits;
  CapturedWait wait;
  wait.address = 8;
  wait.wants_a_lock = true;
  wait.waiter = {0};
  wait.stack = {0};
  for (const uint64_t so_far_ns : {1000, 5000}) {
    wait.capture.time_ns = 10'000 + so_far_ns;
    wait.wait_ns = so_far_ns;
    waits.add(wait, recording);
  }
  waits.write_to(recording);
  ASSERT_EQ(recording.long_waits.size(), 1u);
  EXPECT_EQ(recording.long_waits[0].wait_ns, 5000u);
}

TEST(CaptureRate, RaisesTheThresholdWhenThereAreTooManyCaptures) {
  EXPECT_EQ(adapt_threshold(100'000, 4000, 1'000'000'000, 2000), 220'000u);
}

TEST(CaptureRate, LowersTheThresholdWhenThereIsRoom) {
  EXPECT_EQ(adapt_threshold(100'000, 500, 1'000'000'000, 2000), 80'000u);
}

TEST(CaptureRate, LeavesAGoodThresholdAlone) {
  EXPECT_EQ(adapt_threshold(100'000, 1500, 1'000'000'000, 2000), 100'000u);
  EXPECT_EQ(adapt_threshold(100'000, 10, 0, 2000), 100'000u);
}

TEST(CaptureRate, StaysWithinItsLimits) {
  EXPECT_EQ(adapt_threshold(CaptureThreshold::kMinNs, 0, 1'000'000'000, 2000),
            CaptureThreshold::kMinNs);
  EXPECT_EQ(adapt_threshold(CaptureThreshold::kMaxNs, 1'000'000, 1'000'000, 2000),
            CaptureThreshold::kMaxNs);
}

}  // namespace
}  // namespace quarrel
