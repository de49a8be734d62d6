// Are waits for locks of the kernel seen, named by their caller, and attributed to user stacks?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

uint64_t waits_of(const Recording& recording) {
  uint64_t waits = 0;
  for (const KernelLockWait& wait : recording.kernel_lock_waits) waits += wait.count;
  return waits;
}

TEST(KernelLocks, OfThreadsThatMapAreTheLockOfTheirAddressSpace) {
  Child child({MAPPERS, "4"});
  ASSERT_EQ(child.read_fact("ready"), 4u);
  Recorder recorder(child.pid(), {"kernel_locks"});
  const Recording& recording = recorder.recording;
  recorder.record_until([&] {
    recorder.checkpoint();
    return waits_of(recording) > 200 && recording.kernel_lock_stacks.size() > 20;
  });
  recorder.stop();

  uint64_t mmap_lock_ns = 0, other_ns = 0;
  for (const KernelLockWait& wait : recording.kernel_lock_waits) {
    EXPECT_GE(wait.total_ns, wait.max_ns);
    EXPECT_GT(wait.count, 0u);
    (wait.is_mmap_lock ? mmap_lock_ns : other_ns) += wait.total_ns;
    EXPECT_TRUE(!wait.is_mmap_lock || !wait.caller.empty());
  }
  EXPECT_GT(mmap_lock_ns, other_ns);
  EXPECT_GT(waits_of(recording), 200u);
  EXPECT_GT(recording.kernel_lock_stacks.size(), 20u);
  for (const Capture& capture : recorder.captures)
    EXPECT_GT(capture.bytes.size(), 0u) << "of thread " << capture.tid;
  EXPECT_TRUE(coverage_holds(recorder.coverage("kernel_locks")));
  EXPECT_TRUE(coverage_holds(recorder.coverage("kernel_lock_stacks")));
  EXPECT_EQ(recorder.coverage("kernel_locks").attributed, waits_of(recording));
  EXPECT_EQ(recorder.coverage("kernel_locks").reason, "");
}

TEST(KernelLocks, OfAQuietProgramAreNone) {
  Child child({MAPPERS, "0"});
  ASSERT_EQ(child.read_fact("ready"), 0u);
  Recorder recorder(child.pid(), {"kernel_locks"});
  recorder.record_for(std::chrono::milliseconds(300));
  recorder.stop();
  EXPECT_EQ(waits_of(recorder.recording), 0u);
  EXPECT_TRUE(recorder.recording.kernel_lock_stacks.empty());
}

}  // namespace
}  // namespace quarrel
