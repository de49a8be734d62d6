// Do waits that began before the attach, and never end, have their time and a stack?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

TEST(OpenWaits, OfADeadlockHaveTheirTimeSinceTheAttachAndAStack) {
  Child child({CONTENDED, "deadlock"});
  const uint64_t mutex = child.read_fact("mutex");
  ASSERT_EQ(child.read_fact("asleep"), 1u);
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(std::chrono::milliseconds(300));
  recorder.stop();

  const Recording& recording = recorder.recording;
  uint64_t waited_ns = 0, stack_ns = 0, stacks = 0;
  for (const LockWait& wait : recording.lock_waits)
    if (wait.address == mutex) waited_ns += wait.total_ns;
  for (const WaitStack& stack : recording.wait_stacks) {
    if (stack.address == mutex) stack_ns += stack.weight_ns;
    if (stack.stack.is_valid()) stacks += stack.samples;
  }
  EXPECT_GT(waited_ns, 250'000'000u);
  EXPECT_NEAR(double(stack_ns), double(waited_ns), 0.1 * double(waited_ns));
  // Both threads of the deadlock, and the main thread is in no futex.
  EXPECT_EQ(stacks, 2u);
  for (const Capture& capture : recorder.captures)
    EXPECT_GT(capture.bytes.size(), 128u) << "of thread " << capture.tid;
  const Coverage& row = recorder.coverage("wait_stacks");
  EXPECT_TRUE(coverage_holds(row));
  EXPECT_EQ(row.seen, 2u);
}

}  // namespace
}  // namespace quarrel
