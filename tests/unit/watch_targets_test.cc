// Are the bytes and threads that watchpoints should look at those that the samples suspect?
#include "resolve/watch_targets.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr uint64_t kLine = 0x10000;

MemoryAccess access(uint64_t offset, AccessKind kind) {
  return {
      .instruction = 1 + offset, .address = kLine + offset, .size = 8, .kind = kind, .distance = 1};
}

Recording run_of(const MemoryAccess& first, const MemoryAccess& second) {
  Recording recording;
  recording.run.host.line_size = 64;
  recording.threads = {{.tid = 1}, {.tid = 2}};
  for (uint64_t tick = 1; tick <= 20; ++tick) {
    recording.line_samples.push_back(
        {.thread = ThreadId{0}, .time_ns = tick * 1'000'000, .accesses = {first}});
    if (tick % 2 == 0)
      recording.line_samples.push_back(
          {.thread = ThreadId{1}, .time_ns = tick * 1'000'000, .accesses = {second}});
  }
  return recording;
}

TEST(WatchTargets, AreTheBytesAndThreadsOfASharedLineTheBusiestFirst) {
  const auto targets =
      find_watch_targets(run_of(access(0, AccessKind::kReadWrite), access(8, AccessKind::kWrite)));
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].line, kLine);
  EXPECT_EQ(targets[0].bytes,
            (std::vector<SuspectBytes>{{kLine, 8, ThreadId{0}}, {kLine + 8, 8, ThreadId{1}}}));
  EXPECT_EQ(targets[0].threads, (std::vector<ThreadId>{ThreadId{0}, ThreadId{1}}));
}

TEST(WatchTargets, OfBytesThatTwoThreadsWriteHaveNoOneWriter) {
  const auto targets = find_watch_targets(
      run_of(access(0, AccessKind::kReadWrite), access(0, AccessKind::kReadWrite)));
  ASSERT_EQ(targets.size(), 1u);
  ASSERT_EQ(targets[0].bytes.size(), 1u);
  EXPECT_FALSE(targets[0].bytes[0].writer.is_valid());
}

TEST(WatchTargets, AreNoneWhereNothingIsShared) {
  EXPECT_TRUE(
      find_watch_targets(run_of(access(0, AccessKind::kWrite), access(64, AccessKind::kWrite)))
          .empty());
  EXPECT_TRUE(find_watch_targets(run_of(access(0, AccessKind::kRead), access(8, AccessKind::kRead)))
                  .empty());
  EXPECT_TRUE(find_watch_targets({}).empty());
}

}  // namespace
}  // namespace quarrel
