// Are acquisitions, hold times and failures seen as they were, within the budget of probes?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "lock_wait_decisions.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// What lock_users says of one of its locks.
struct Truth {
  uint64_t address = 0;
  uint64_t held_ns = 0;  ///< median
};

Truth read_truth(Child& child, const std::string& name) {
  Truth truth;
  truth.address = child.read_fact(name + "_at");
  truth.held_ns = child.read_fact(name + "_ns");
  return truth;
}

const LockHold& hold_at(const Recording& recording, uint64_t address) {
  for (const LockHold& hold : recording.lock_holds)
    if (hold.address == address) return hold;
  static const LockHold none;
  ADD_FAILURE() << "no lock at " << address;
  return none;
}

uint64_t acquisitions(const Recording& recording) {
  uint64_t sum = 0;
  for (const LockHold& hold : recording.lock_holds) sum += hold.acquisitions;
  return sum;
}

/// The bucket in which half of the holds are reached.
uint32_t median_bucket(const LockHold& hold) {
  uint64_t seen = 0;
  for (uint32_t bucket = 0; bucket < hold.histogram.size(); ++bucket)
    if ((seen += hold.histogram[bucket]) * 2 >= hold.holds) return bucket;
  return 0;
}

void expect_median_of(const LockHold& hold, uint64_t median_ns) {
  const uint32_t expected = histogram_bucket(median_ns);
  EXPECT_LE(median_bucket(hold), expected + 1);
  EXPECT_GE(median_bucket(hold) + 1, expected);
}

CollectOptions with_budget(double percent) {
  CollectOptions options;
  options.max_overhead_percent = percent;
  return options;
}

TEST(LockHolds, AreCountedAndTimedAsTheyWere) {
  Child child({LOCK_USERS, "known"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"lock_holds"}, with_budget(100));
  child.write_line();
  recorder.record_for(milliseconds(600));
  recorder.stop();
  const Recording& recording = recorder.recording;
  const Truth held_long = read_truth(child, "long"), held_short = read_truth(child, "short");
  const Truth tried = read_truth(child, "tried"), recursive = read_truth(child, "recursive");
  const Truth table = read_truth(child, "table"), returned = read_truth(child, "returned");

  EXPECT_EQ(hold_at(recording, held_long.address).acquisitions, 101u);
  EXPECT_EQ(hold_at(recording, held_long.address).holds, 101u);
  EXPECT_EQ(hold_at(recording, held_short.address).acquisitions, 5003u);
  EXPECT_EQ(hold_at(recording, held_short.address).holds, 5003u);
  EXPECT_EQ(hold_at(recording, tried.address).acquisitions, 1u);
  EXPECT_EQ(hold_at(recording, tried.address).try_failures, 211u);
  EXPECT_EQ(hold_at(recording, recursive.address).acquisitions, 1u) << "of three levels, the first";
  EXPECT_EQ(hold_at(recording, recursive.address).holds, 1u);
  EXPECT_EQ(hold_at(recording, table.address).acquisitions, 307u);
  EXPECT_TRUE(hold_at(recording, table.address).is_rwlock);
  EXPECT_EQ(hold_at(recording, returned.address).acquisitions, 54u)
      << "one by lock, 53 by pthread_cond_wait";
  expect_median_of(hold_at(recording, held_long.address), held_long.held_ns);
  expect_median_of(hold_at(recording, held_short.address), held_short.held_ns);
  expect_median_of(hold_at(recording, table.address), table.held_ns);
  EXPECT_GE(hold_at(recording, recursive.address).total_ns, recursive.held_ns * 99 / 100);

  const Coverage& row = recorder.coverage("lock_holds");
  EXPECT_TRUE(coverage_holds(row));
  EXPECT_EQ(row.state, CollectorState::kOn);
  EXPECT_EQ(row.seen, acquisitions(recording));
  EXPECT_EQ(row.unresolved, 0u) << row.reason;
  ASSERT_EQ(recording.hold_probing.size(), 1u);
  EXPECT_EQ(recording.hold_probing[0].windows, 1u);
  EXPECT_GT(recording.hold_probing[0].probe_ns, 0u);
  EXPECT_FALSE(recorder.captures.empty());
}

TEST(LockHolds, OfAProgramThatTakesNoLockAreNone) {
  Child child({LOCK_USERS, "quiet"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"lock_holds"});
  child.write_line();
  recorder.record_for(milliseconds(200));
  recorder.stop();
  for (const LockHold& hold : recorder.recording.lock_holds)
    EXPECT_LE(hold.acquisitions, 4u) << "only stdio and the end of a thread";
  EXPECT_EQ(recorder.recording.hold_probing[0].windows, 1u);
}

TEST(LockHolds, KeepToTheirBudget) {
  Child child({LOCK_USERS, "busy", "2"});
  ASSERT_EQ(child.read_fact("ready"), 1u);
  Recorder recorder(child.pid(), {"lock_holds"}, with_budget(5));
  recorder.record_for(milliseconds(4000));
  recorder.stop();
  child.close_input();
  ASSERT_EQ(recorder.recording.hold_probing.size(), 1u);
  const HoldProbing& probing = recorder.recording.hold_probing[0];
  EXPECT_GE(probing.windows, 2u);
  EXPECT_LT(probing.observed_ns, 1'000'000'000u);
  const double cost_ns = static_cast<double>(probing.hits * probing.probe_ns);
  EXPECT_LT(cost_ns, 0.08 * static_cast<double>(probing.target_cpu_ns))
      << "budget and at most one window";
  const Coverage& row = recorder.coverage("lock_holds");
  EXPECT_TRUE(coverage_holds(row));
  EXPECT_LE(row.unresolved, 2 * probing.windows + 2) << "what is held when a window ends";
  for (const LockHold& hold : recorder.recording.lock_holds) {
    if (hold.holds > 1000) {
      EXPECT_LT(median_bucket(hold), 3u) << "an increment, below 1 us";
    }
  }
  EXPECT_GT(acquisitions(recorder.recording), 1000u);
}

}  // namespace
}  // namespace quarrel
