// Do waits of goroutines become waits of threads, also of those whose number is not known?
#include "resolve/goroutine_waits.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr uint64_t kLock = 0xc000010000;

Recording waits_of(uint64_t waiter, uint64_t holder) {
  Recording recording;
  recording.goroutine_waits.push_back(
      {.address = kLock, .goroutine = waiter, .count = 3, .total_ns = 300, .max_ns = 200});
  recording.goroutine_holds.push_back(
      {.address = kLock, .goroutine = holder, .releases = 2, .waiter_ns = 250});
  add_goroutine_waits(recording);
  return recording;
}

TEST(GoroutineWaits, AreOfThreadsWithNegativeIds) {
  const Recording recording = waits_of(7, 9);
  ASSERT_EQ(recording.threads.size(), 2u);
  EXPECT_EQ(recording.threads[0].tid, -7);
  EXPECT_EQ(recording.threads[1].name, "goroutine 9");
  EXPECT_EQ(recording.lock_waits[0].waiter, ThreadId{0});
  EXPECT_EQ(recording.holder_times[0].holder, ThreadId{1});
}

TEST(GoroutineWaits, OfNumbersThatAreNotKnownAreOfNoThread) {
  const Recording recording = waits_of(0, 0);
  EXPECT_TRUE(recording.threads.empty());
  ASSERT_EQ(recording.lock_waits.size(), 1u);
  EXPECT_FALSE(recording.lock_waits[0].waiter.is_valid());
  EXPECT_EQ(recording.lock_waits[0].total_ns, 300u);
  EXPECT_FALSE(recording.holder_times[0].holder.is_valid());
  EXPECT_EQ(recording.holder_times[0].waiter_ns, 250u);
}

}  // namespace
}  // namespace quarrel
