// Are bytes covered by debug registers, and hits kept within the budget?
#include "collect/watch_slots.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

using Slots = std::vector<WatchSlot>;

TEST(WatchSlots, CoverAlignedBytesExactly) {
  EXPECT_EQ(slots_for({{0x1000, 8}, {0x1008, 4}, {0x100f, 1}}),
            (Slots{{0x1000, 8}, {0x1008, 4}, {0x100f, 1}}));
}

TEST(WatchSlots, SplitWhatOneRegisterCannotCover) {
  EXPECT_EQ(slots_for({{0x1000, 16}}), (Slots{{0x1000, 8}, {0x1008, 8}}));
  EXPECT_EQ(slots_for({{0x1002, 4}}), (Slots{{0x1002, 2}, {0x1004, 2}}));
  EXPECT_EQ(slots_for({{0x1003, 6}}), (Slots{{0x1003, 1}, {0x1004, 4}, {0x1008, 1}}));
}

TEST(WatchSlots, AreNotSpentTwiceOnTheSameBytes) {
  EXPECT_EQ(slots_for({{0x1000, 8}, {0x1004, 4}, {0x1000, 8}}), (Slots{{0x1000, 8}}));
  // No two slots begin at one address: a hit tells no more than that.
  EXPECT_EQ(slots_for({{0x1000, 4}, {0x1000, 8}}), (Slots{{0x1000, 4}, {0x1004, 4}}));
  // Most used first: the smaller range came before, so that both stay.
  EXPECT_EQ(slots_for({{0x1004, 4}, {0x1000, 8}}), (Slots{{0x1004, 4}, {0x1000, 8}}));
}

TEST(WatchSlots, OfALongAccessStandAtItsBeginning) {
  EXPECT_EQ(slots_for({{0x1000, 4096}}).size(), 4u);
}

TEST(WatchBudget, GrowsWithTheRunUpToItsTotal) {
  const WatchBudget budget{.hit_ns = 20'000, .total_ns = 50'000'000, .hits = 100};
  EXPECT_EQ(budget.hits_left(0), 0u);
  EXPECT_EQ(budget.hits_left(1'000'000'000), 500u - 100u);
  EXPECT_EQ(budget.hits_left(60'000'000'000), 2500u - 100u);
  EXPECT_FALSE(budget.is_used_up());
  EXPECT_TRUE((WatchBudget{.hit_ns = 20'000, .total_ns = 2'000'000, .hits = 100}).is_used_up());
}

TEST(WatchBudget, IsSharedByAllWatchpointsOfARound) {
  EXPECT_EQ(hits_for_each(1000, 4), kMaxHitsEach);
  EXPECT_EQ(hits_for_each(1000, 100), 10u);
  EXPECT_EQ(hits_for_each(99, 100), 0u);
  EXPECT_EQ(hits_for_each(99, 0), 0u);
}

}  // namespace
}  // namespace quarrel
