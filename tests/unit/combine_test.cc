// Do recordings of two processes join at the memory that both have mapped, and nowhere else?
#include "store/combine.h"

#include <gtest/gtest.h>

#include "join/sharing.h"
#include "model/address_space.h"
#include "resolve/line_attribution.h"

namespace quarrel {
namespace {

constexpr uint64_t kPeriodNs = 5'000'000;

/// A thread writes the 8 bytes at `data` in each of 40 ticks. Its process has a page of shared
/// memory at `shared`.
Recording recording_of(int32_t pid, uint32_t cpu, uint64_t shared, uint64_t data) {
  Recording recording;
  recording.run = {
      .command = "worker", .pid = pid, .start_ns = 1000, .duration_ns = 40 * kPeriodNs};
  recording.run.host.line_size = 64;
  recording.run.sample_period_ns = kPeriodNs;
  recording.modules = {{"/bin/worker", "ab"}};
  recording.mappings = {{0x400000, 0x500000, 0, ModuleId{0}, true}};
  recording.shared_memory = {{shared, shared + 4096, 8192, 7, 42}};
  recording.threads = {{.tid = pid, .ns_tid = pid, .name = "worker"}};
  recording.frames = {{{}, 0x400100, false}, {FrameId{0}, 0x400200, false}};
  recording.stacks = {{FrameId{1}, StackStatus::kComplete}};
  for (uint64_t i = 0; i < 40; ++i) {
    LineSample sample{.thread = ThreadId{0}, .cpu = cpu, .time_ns = 2000 + i * kPeriodNs};
    sample.ip = 0x400204;
    sample.stack = StackId{0};
    sample.accesses = {{.instruction = 0x400200,
                        .address = data,
                        .size = 8,
                        .kind = AccessKind::kWrite,
                        .distance = 1}};
    recording.line_samples.push_back(sample);
  }
  recording.coverage = {{.collector = "line_samples", .seen = 40, .attributed = 40}};
  return recording;
}

std::vector<LineProfile> lines_of(const Recording& recording) {
  Coverage coverage;
  return attribute_lines(recording, {}, coverage);
}

TEST(Combine, JoinsWritersOfOneLineOfSharedMemory) {
  const auto all = combine_recordings({recording_of(10, 0, 0x7000'0000, 0x7000'0100),
                                       recording_of(20, 1, 0x7100'0000, 0x7100'0108)});
  ASSERT_TRUE(all.ok()) << all.error().message;
  const auto lines = lines_of(*all);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].address, 0x7000'0100u);
  EXPECT_EQ(classify_sharing(lines[0]), Sharing::kFalse);
  ASSERT_EQ(lines[0].accesses.size(), 2u);
  EXPECT_EQ(all->threads[lines[0].accesses[1].thread.value].tid, 20);
  EXPECT_EQ(lines[0].accesses[1].offset, 8u);
}

TEST(Combine, KeepsPrivateMemoryAtTheSameAddressApart) {
  const auto all = combine_recordings(
      {recording_of(10, 0, 0x7000'0000, 0x500100), recording_of(20, 1, 0x7100'0000, 0x500108)});
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(lines_of(*all).empty());
}

TEST(Combine, AnotherFileAtTheSamePlaceIsOtherMemory) {
  Recording other = recording_of(20, 1, 0x7100'0000, 0x7100'0108);
  other.shared_memory[0].inode = 43;
  const auto all = combine_recordings({recording_of(10, 0, 0x7000'0000, 0x7000'0100), other});
  ASSERT_TRUE(all.ok());
  EXPECT_TRUE(lines_of(*all).empty());
}

TEST(Combine, MovesIdsAndCodeOfTheSecondProcess) {
  const auto all = combine_recordings({recording_of(10, 0, 0x7000'0000, 0x7000'0100),
                                       recording_of(20, 1, 0x7100'0000, 0x7100'0108)});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->frames.size(), 4u);
  EXPECT_EQ(all->frames[3].caller, FrameId{2});
  EXPECT_EQ(all->frames[3].pc, in_space(0x400200, 1));
  EXPECT_EQ(all->stacks[1].innermost, FrameId{3});
  EXPECT_EQ(all->mappings[1].module, ModuleId{1});
  EXPECT_EQ(all->mappings[1].start, in_space(0x400000, 1));
  EXPECT_EQ(all->coverage[1].collector, "line_samples (process 20)");
  for (const LineSample& sample : all->line_samples)
    EXPECT_EQ(sample.ip, in_space(0x400204, sample.thread.value));
}

TEST(Combine, TakesThreadsThatRanOnAnotherCpuForPeers) {
  const auto beside = combine_recordings({recording_of(10, 0, 0x7000'0000, 0x7000'0100),
                                          recording_of(20, 1, 0x7100'0000, 0x7100'0108)});
  ASSERT_TRUE(beside.ok());
  for (const LineSample& sample : beside->line_samples)
    EXPECT_EQ(sample.peers, std::vector<ThreadId>{ThreadId{1 - sample.thread.value}});
  const auto in_turns = combine_recordings({recording_of(10, 0, 0x7000'0000, 0x7000'0100),
                                            recording_of(20, 0, 0x7100'0000, 0x7100'0108)});
  ASSERT_TRUE(in_turns.ok());
  for (const LineSample& sample : in_turns->line_samples) EXPECT_TRUE(sample.peers.empty());
}

TEST(Combine, RefusesWhatWasNotRecordedTogether) {
  const Recording one = recording_of(10, 0, 0x7000'0000, 0x7000'0100);
  Recording later = one, elsewhere = one, faster = one;
  later.run.start_ns += 10 * one.run.duration_ns;
  elsewhere.run.host.kernel = "other";
  faster.run.sample_period_ns /= 2;
  for (const Recording& other : {later, elsewhere, faster})
    EXPECT_FALSE(combine_recordings({one, other}).ok());
  EXPECT_FALSE(combine_recordings({}).ok());
  const auto alone = combine_recordings({one});
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(*alone, one);
}

}  // namespace
}  // namespace quarrel
