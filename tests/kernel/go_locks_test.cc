// Are waits of goroutines for Go's locks seen, and charged to the goroutine that has the lock?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// An empty path: no Go compiler built the sample.
bool has_sample() {
  return !std::string(GO_LOCKS).empty();
}

struct Sums {
  uint64_t waits = 0;
  uint64_t wait_ns = 0;
  uint64_t held_ns = 0;
  uint64_t held_by_ns = 0;
};

/// Of one lock; `held_by_ns` is the waiting that `holder` caused.
Sums sums_of(const Recording& recording, uint64_t address, uint64_t holder) {
  Sums sums;
  for (const GoroutineWait& wait : recording.goroutine_waits) {
    if (wait.address != address) continue;
    sums.waits += wait.count;
    sums.wait_ns += wait.total_ns;
  }
  for (const GoroutineHold& hold : recording.goroutine_holds) {
    if (hold.address != address) continue;
    sums.held_ns += hold.waiter_ns;
    if (hold.goroutine == holder) sums.held_by_ns += hold.waiter_ns;
  }
  return sums;
}

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

TEST(GoLocks, AreWaitedForBecauseOfTheGoroutineThatHasThem) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  Child child({GO_LOCKS, "shared"});
  const uint64_t cache = child.read_fact("cache"), table = child.read_fact("table");
  const uint64_t slow = child.read_fact("slow"), writer = child.read_fact("writer");
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"});
  recorder.record_for(milliseconds(1500));
  recorder.stop();
  const Recording& recording = recorder.recording;

  const Sums of_cache = sums_of(recording, cache, slow);
  EXPECT_GT(of_cache.waits, 100u);
  EXPECT_GE(share(of_cache.held_by_ns, of_cache.held_ns), 0.97);
  EXPECT_GE(share(of_cache.held_ns, of_cache.wait_ns), 0.5) << "the rest is handing over";
  const Sums of_table = sums_of(recording, table, writer);
  EXPECT_GT(of_table.waits, 100u);
  EXPECT_GE(share(of_table.held_by_ns, of_table.held_ns), 0.97);
  for (const GoroutineWait& wait : recording.goroutine_waits) {
    EXPECT_NE(wait.goroutine, 0u);
    if (wait.address == cache) {
      EXPECT_EQ(wait.kind, GoLockKind::kMutex);
    }
  }
  EXPECT_TRUE(coverage_holds(recorder.coverage("go_locks")));
  EXPECT_EQ(recorder.coverage("go_locks").state, CollectorState::kOn);
}

TEST(GoLocks, ThatNobodySharesAreNotWaitedFor) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  Child child({GO_LOCKS, "apart"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"});
  recorder.record_for(milliseconds(500));
  recorder.stop();
  uint64_t waits = 0;
  for (const GoroutineWait& wait : recorder.recording.goroutine_waits) waits += wait.count;
  EXPECT_EQ(waits, 0u);
}

TEST(GoLocks, OfOtherProgramsAreNotLookedFor) {
  Child child({LOCK_USERS, "quiet"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"});
  recorder.record_for(milliseconds(100));
  recorder.stop();
  EXPECT_TRUE(recorder.recording.coverage.empty());
}

}  // namespace
}  // namespace quarrel
