// Is waiting counted once, at the lock where it begins, and is a convoy told by its figures?
#include "join/gain_bound.h"

#include <gtest/gtest.h>

#include <numeric>

#include "join/convoy.h"

namespace quarrel {
namespace {

/// Locks by number: lock i has the word i + 1.
class GainBound : public testing::Test {
 protected:
  LockEvidence& lock(uint64_t number, uint64_t total_ns) {
    identities_.reserve(8);
    locks_.reserve(8);
    identities_.push_back({.kind = WaitKind::kMutex, .words = {number}});
    LockEvidence& evidence = locks_.emplace_back(profile_, identities_.back(), "");
    evidence.locks = {&identities_.back()};
    evidence.waits.total_ns = total_ns;
    evidence.waits.count = 1000;
    return evidence;
  }

  std::vector<double> bounds() const { return gain_bounds_ns(locks_); }

  Profile profile_;
  std::vector<LockIdentity> identities_;
  std::vector<LockEvidence> locks_;
};

TEST_F(GainBound, OfALockWithoutChainsIsItsOwnWaiting) {
  lock(1, 700);
  EXPECT_EQ(bounds(), std::vector<double>{700});
}

TEST_F(GainBound, IsCountedAtTheRootOfAChain) {
  lock(1, 1000).next_ns[{ThreadId{0}, 2}] = 900;
  lock(2, 400).next_ns[{ThreadId{1}, 3}] = 400;
  lock(3, 50);
  EXPECT_EQ(bounds(), (std::vector<double>{100, 0, 1350}));
}

TEST_F(GainBound, OfACycleAddsUpToo) {
  lock(1, 1000).next_ns[{ThreadId{0}, 2}] = 500;
  lock(2, 1000).next_ns[{ThreadId{1}, 1}] = 500;
  const auto all = bounds();
  EXPECT_DOUBLE_EQ(std::accumulate(all.begin(), all.end(), 0.0), 2000);
}

TEST_F(GainBound, NeverExceedsAllWaitingWhereAccountsOverlap) {
  LockEvidence& first = lock(1, 1000);
  first.next_ns[{ThreadId{0}, 2}] = 900;
  first.next_ns[{ThreadId{1}, 3}] = 900;
  lock(2, 10);
  lock(3, 10);
  EXPECT_EQ(bounds(), (std::vector<double>{0, 510, 510}));
}

class ConvoyOf : public GainBound {
 protected:
  /// Ten slices with a queue of four, of which 70 % is handed over.
  LockEvidence& queue(double length, double handed_over) {
    const auto per_slice = static_cast<uint64_t>(length * double(kWaitSliceNs));
    LockEvidence& evidence = lock(1, 10 * per_slice);
    for (uint32_t slice = 3; slice < 13; ++slice) evidence.waited_in_slice[slice] = per_slice;
    evidence.handoff_ns =
        static_cast<uint64_t>(handed_over * static_cast<double>(evidence.waits.total_ns));
    evidence.held_ns[ThreadId{0}].running = evidence.waits.total_ns - evidence.handoff_ns;
    evidence.waits.wakes = 1100;
    return evidence;
  }
};

TEST_F(ConvoyOf, AStandingQueueThatIsMostlyHandedOverHasItsFigures) {
  const auto convoy = find_convoy(queue(4, 0.7));
  ASSERT_TRUE(convoy);
  EXPECT_NEAR(convoy->queue, 4, 0.01);
  EXPECT_NEAR(convoy->handoff_share, 0.7, 0.01);
  EXPECT_NEAR(convoy->persistence, 1, 0.01);
  EXPECT_NEAR(convoy->waited_ns, 10 * 4 * double(kWaitSliceNs) / 1000, 1);
  EXPECT_NEAR(convoy->held_ns, 0.3 * 10 * double(kWaitSliceNs) / 1000, 1);
  EXPECT_NEAR(convoy->wakes_per_wait, 1.1, 0.01);
}

TEST_F(ConvoyOf, ALockThatIsHeldForLongIsNone) {
  EXPECT_FALSE(find_convoy(queue(4, 0.3)));
}

TEST_F(ConvoyOf, OneThreadThatWaitsIsNone) {
  EXPECT_FALSE(find_convoy(queue(0.9, 0.9)));
}

TEST_F(ConvoyOf, AQueueThatComesAndGoesIsNone) {
  LockEvidence& evidence = queue(8, 0.9);
  for (uint32_t slice = 4; slice < 9; ++slice) evidence.waited_in_slice.erase(slice);
  EXPECT_FALSE(find_convoy(evidence));
}

TEST_F(ConvoyOf, AFewLongWaitsAreNone) {
  LockEvidence& evidence = queue(4, 0.7);
  evidence.waits.count = 20;
  EXPECT_FALSE(find_convoy(evidence));
}

}  // namespace
}  // namespace quarrel
