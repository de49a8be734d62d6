// Are waits of goroutines for Go's locks seen, and charged to the goroutine that has the lock?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// As `go build` makes the sample, with the linker's -w (no DWARF), and with -s -w (no symbols).
/// Empty paths: no Go compiler built them.
const std::string kWhole = GO_LOCKS;
const std::string kWithoutDwarf = kWhole + "_w";
const std::string kStripped = kWhole + "_s";
const std::string kStrippedPie = kWhole + "_s_pie";

bool has_sample() {
  return !kWhole.empty();
}

// No hold is as long. A shared machine may stand still for seconds, and what is open then, at the
// end as well, is nobody's doing.
constexpr uint64_t kStallNs = 1'000'000'000;

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
    sums.wait_ns += wait.total_ns - (wait.max_ns >= kStallNs ? wait.max_ns : 0);
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

void expect_waits_of(const std::string& sample, milliseconds time) {
  Child child({sample, "shared"});
  const uint64_t cache = child.read_fact("cache"), table = child.read_fact("table");
  const uint64_t slow = child.read_fact("slow"), writer = child.read_fact("writer");
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"});
  recorder.record_for(time);
  recorder.stop();
  const Recording& recording = recorder.recording;

  const Sums of_cache = sums_of(recording, cache, slow);
  EXPECT_GT(of_cache.waits, 50u);
  EXPECT_GE(share(of_cache.held_by_ns, of_cache.held_ns), 0.97);
  EXPECT_GE(share(of_cache.held_ns, of_cache.wait_ns), 0.5) << "the rest is handing over";
  const Sums of_table = sums_of(recording, table, writer);
  EXPECT_GT(of_table.waits, 50u);
  EXPECT_GE(share(of_table.held_by_ns, of_table.held_ns), 0.97);
  for (const GoroutineWait& wait : recording.goroutine_waits) {
    EXPECT_NE(wait.goroutine, 0u);
    if (wait.address == cache) {
      EXPECT_EQ(wait.kind, GoLockKind::kMutex);
    }
  }
  EXPECT_TRUE(coverage_holds(recorder.coverage("go_locks")));
  EXPECT_EQ(recorder.coverage("go_locks").state, CollectorState::kOn);
  EXPECT_EQ(recorder.coverage("go_locks").reason, "");
}

void expect_no_waits_of(const std::string& sample) {
  Child child({sample, "apart"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"});
  recorder.record_for(milliseconds(500));
  recorder.stop();
  EXPECT_EQ(recorder.coverage("go_locks").state, CollectorState::kOn);
  EXPECT_EQ(recorder.coverage("go_locks").reason, "");
  EXPECT_TRUE(recorder.recording.goroutine_waits.empty());
}

/// As if the numbers of goroutines stood at that offset.
void expect_unknown_goroutines(uint32_t offset) {
  Child child({kStripped, "shared"});
  const uint64_t cache = child.read_fact("cache");
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"go_locks"}, {},
                    [&](GoProbePlan& plan) { plan.goroutine_id_offset = offset; });
  recorder.record_for(milliseconds(500));
  recorder.stop();
  const Recording& recording = recorder.recording;
  const Sums sums = sums_of(recording, cache, 0);
  EXPECT_GT(sums.waits, 15u);
  EXPECT_GE(share(sums.held_ns, sums.wait_ns), 0.5);
  for (const GoroutineWait& wait : recording.goroutine_waits) EXPECT_EQ(wait.goroutine, 0u);
  for (const GoroutineHold& hold : recording.goroutine_holds) EXPECT_EQ(hold.goroutine, 0u);
  const Coverage& coverage = recorder.coverage("go_locks");
  EXPECT_EQ(coverage.state, CollectorState::kDegraded);
  EXPECT_NE(coverage.reason.find("not told apart"), std::string::npos) << coverage.reason;
  EXPECT_TRUE(coverage_holds(coverage));
}

TEST(GoLocks, AreWaitedForBecauseOfTheGoroutineThatHasThem) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_waits_of(kWhole, milliseconds(1500));
}

TEST(GoLocks, AreSeenWithoutDebugInformation) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_waits_of(kWithoutDwarf, milliseconds(800));
}

TEST(GoLocks, AreSeenInStrippedPrograms) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_waits_of(kStripped, milliseconds(800));
}

TEST(GoLocks, AreSeenInStrippedPositionIndependentPrograms) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_waits_of(kStrippedPie, milliseconds(800));
}

TEST(GoLocks, OfGoroutinesWhoseNumberIsNotKnownAreCountedAllTheSame) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_unknown_goroutines(0);
}

TEST(GoLocks, HaveNoGoroutinesIfWhatWasReadIsNoNumber) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_unknown_goroutines(144);  // atomicstatus and stackLock: "running", of all of them
  expect_unknown_goroutines(48);   // m, the thread that runs it
}

TEST(GoLocks, ThatNobodySharesAreNotWaitedFor) {
  if (!has_sample()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_no_waits_of(kWhole);
  expect_no_waits_of(kStripped);
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
