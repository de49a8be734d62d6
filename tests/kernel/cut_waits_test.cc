// Does the time count that threads sleep for a lock in calls that end without it?
#include <gtest/gtest.h>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

struct Seen {
  uint64_t waits = 0;
  uint64_t waited_ns = 0;
  uint64_t timed_out = 0;
  uint64_t interrupted = 0;
  uint64_t truth_ns = 0;
};

Seen record_one(const std::string& mode) {
  Child child({CONTENDED, mode});
  const uint64_t mutex = child.read_fact("mutex");
  Recorder recorder(child.pid(), {"lock_waits"});
  child.write_line();
  Seen seen{.truth_ns = child.read_fact("waited_ns")};
  recorder.stop();
  for (const LockWait& wait : recorder.recording.lock_waits) {
    if (wait.address != mutex) continue;
    seen.waits += wait.count;
    seen.waited_ns += wait.total_ns;
  }
  for (const LockStats& stats : recorder.recording.lock_stats) {
    if (stats.address != mutex) continue;
    seen.timed_out += stats.timed_out;
    seen.interrupted += stats.interrupted;
  }
  EXPECT_TRUE(coverage_holds(recorder.coverage("lock_waits")));
  EXPECT_TRUE(coverage_holds(recorder.coverage("wait_stacks")));
  return seen;
}

TEST(CutWaits, CountEachTimeoutAndTheTimeUntilThen) {
  const Seen seen = record_one("timed");
  EXPECT_GE(seen.timed_out, 40u);
  EXPECT_GE(seen.waits, seen.timed_out);
  EXPECT_LE(seen.waited_ns, seen.truth_ns);
  EXPECT_GT(seen.waited_ns * 10, seen.truth_ns * 9);
}

TEST(CutWaits, AreOneWaitIfSignalsInterruptIt) {
  const Seen seen = record_one("signalled");
  EXPECT_GE(seen.interrupted, 30u);
  EXPECT_EQ(seen.waits, 1u);
  EXPECT_LE(seen.waited_ns, seen.truth_ns);
  EXPECT_GT(seen.waited_ns * 10, seen.truth_ns * 9);
}

}  // namespace
}  // namespace quarrel
