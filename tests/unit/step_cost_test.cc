// Is it told what a step costs beside others, and only by numbers that count steps?
#include "join/step_cost.h"

#include <gtest/gtest.h>

#include <limits>

namespace quarrel {
namespace {

constexpr uint64_t kLine = 0x1000;

class StepCosts : public testing::Test {
 protected:
  StepCosts() {
    recording_.run.host.line_size = 64;
    recording_.threads = {{.tid = 11}, {.tid = 12}};
    line_.address = kLine;
  }

  void add(uint64_t offset, bool is_together, int64_t steps, double ns_per_step) {
    recording_.progress_windows.push_back(
        {kLine + offset, 8, ThreadId{offset == 0 ? 0u : 1u}, is_together, steps,
         static_cast<uint64_t>(ns_per_step * static_cast<double>(steps))});
  }

  Recording recording_;
  LineProfile line_;
};

TEST_F(StepCosts, ComparesTheCpuTimeOfAStep) {
  for (const double ns : {4.0, 4.2, 5.0}) add(0, false, 100'000, ns);
  for (const double ns : {2.0, 1.9}) add(0, true, 100'000, ns);
  const auto found = step_cost(line_, recording_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->tid, 11);
  EXPECT_EQ(found->offset, 0u);
  EXPECT_NEAR(found->ns_beside, 4.2, 1e-3);
  EXPECT_NEAR(found->low, 4.0 / 2.0, 1e-3);
  EXPECT_NEAR(found->high, 5.0 / 1.9, 1e-3);
  EXPECT_EQ(found->windows, 5u);
}

TEST_F(StepCosts, ChoosesTheNumberWithTheMostStepsNotTheWorst) {
  for (const bool is_together : {false, false, true, true}) {
    add(0, is_together, 10'000, is_together ? 1 : 9);
    add(8, is_together, 90'000, 2);
  }
  EXPECT_EQ(step_cost(line_, recording_)->tid, 12);
}

TEST_F(StepCosts, StepsOfWhichThereAreTooManyToCountAreTheMost) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const bool is_together : {false, false, true, true}) {
    add(0, is_together, kMost, 1);
    add(8, is_together, 90'000, 2);
  }
  EXPECT_EQ(step_cost(line_, recording_)->tid, 11);
}

TEST_F(StepCosts, ANumberThatFallsStandsStillOrJumpsCountsNothing) {
  for (const bool is_together : {false, false, true, true}) {
    add(0, is_together, is_together ? -5 : 10'000, 2);  // falls
    add(8, is_together, 100, 2);                        // hardly moves
    add(16, is_together, 1'000'000'000'000, 0.000'01);  // jumps
  }
  EXPECT_FALSE(step_cost(line_, recording_).has_value());
}

TEST_F(StepCosts, NeedsTwoWindowsOfEitherSort) {
  add(0, false, 10'000, 4);
  for (int i = 0; i < 3; ++i) add(0, true, 10'000, 2);
  EXPECT_FALSE(step_cost(line_, recording_).has_value());
  EXPECT_FALSE(step_cost(line_, {}).has_value());
}

TEST_F(StepCosts, OtherLinesDoNotCount) {
  for (const bool is_together : {false, false, true, true}) add(64, is_together, 10'000, 2);
  EXPECT_FALSE(step_cost(line_, recording_).has_value());
}

}  // namespace
}  // namespace quarrel
