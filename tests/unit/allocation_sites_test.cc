// Is memory charged to who owned it at that moment, and to nobody where that is not known?
#include "join/allocation_sites.h"

#include <gtest/gtest.h>

#include "collect/shared_addresses.h"
#include "join/join.h"
#include "model/heap_block_at.h"
#include "report/summary.h"
#include "sample_profile.h"

namespace quarrel {
namespace {

constexpr uint64_t kAddress = 0x10000;

HeapBlock block(uint64_t address, uint64_t bytes, uint64_t from_ns, uint64_t until_ns) {
  return {.address = address,
          .bytes = bytes,
          .thread = ThreadId{0},
          .stack = {},
          .allocated_ns = from_ns,
          .seen_until_ns = until_ns};
}

TEST(HeapBlockAt, IsTheOneThatStoodThereAtThatTime) {
  const std::vector<HeapBlock> blocks = {block(kAddress, 4096, 500, 600),
                                         block(kAddress + 64, 24, 100, 200),
                                         block(kAddress + 64, 40, 300, 400)};
  const auto bytes_at = [&](uint64_t address, uint64_t time_ns) -> uint64_t {
    const HeapBlock* found = heap_block_at(blocks, address, time_ns);
    return found == nullptr ? 0 : found->bytes;
  };
  EXPECT_EQ(bytes_at(kAddress + 64, 100), 24u);
  EXPECT_EQ(bytes_at(kAddress + 72, 200), 24u);
  EXPECT_EQ(bytes_at(kAddress + 72, 250), 0u) << "nobody's, as far as is known";
  EXPECT_EQ(bytes_at(kAddress + 72, 350), 40u);
  EXPECT_EQ(bytes_at(kAddress + 104, 350), 0u) << "behind its end";
  EXPECT_EQ(bytes_at(kAddress + 72, 550), 4096u);
  EXPECT_EQ(bytes_at(kAddress + 72, 601), 0u);
  EXPECT_EQ(bytes_at(kAddress - 1, 550), 0u);
}

/// A stack of malloc, called in that line of server.cc.
StackId allocation_in(Profile& profile, uint32_t line) {
  const FrameId caller = sample::add_frame(
      profile, {}, {sample::at("src/server.cc", line, "make_counters()")}, ModuleId{0});
  const FrameId inner = sample::add_frame(
      profile, caller, {sample::at("./malloc/malloc.c", 3300, "malloc")}, ModuleId{1});
  return sample::add_stack(profile, inner);
}

/// The run of sample_profile.h, whose counters are on the heap: the block is freed half way, and
/// allocated again by another line.
Profile heap_profile() {
  Profile profile = sample::busy_profile();
  LineProfile& line = profile.lines.front();
  uint64_t time_ns = 0;
  for (const uint32_t index : line.charged) {
    LineSample& sample = profile.recording.line_samples[index];
    sample.time_ns = ++time_ns;
    sample.accesses = {{.instruction = 0x401000, .address = line.address, .size = 8}};
  }
  for (uint32_t i = 0; i < 2; ++i) {
    HeapBlock one = block(line.address - 16, 136, i * time_ns / 2 + 1, (i + 1) * time_ns / 2);
    one.thread = ThreadId{i};
    one.stack = allocation_in(profile, 41 + i);
    profile.recording.heap_blocks.push_back(one);
  }
  return profile;
}

Finding find_line(const Profile& profile) {
  static const std::vector<Finding> none;
  for (Finding& finding : join({profile, nullptr, none}).findings)
    if (finding.rule == "false-sharing") return std::move(finding);
  ADD_FAILURE() << "no false sharing";
  return {};
}

TEST(AllocationSites, AreThoseOfAllOwnersInTurn) {
  const Finding finding = find_line(heap_profile());
  ASSERT_EQ(finding.allocations.size(), 2u);
  EXPECT_EQ(finding.allocations[0].line + finding.allocations[1].line, 83u);
  for (const AllocationSite& site : finding.allocations) {
    EXPECT_EQ(site.function, "make_counters()") << "who called malloc";
    EXPECT_EQ(site.blocks, 1u);
    EXPECT_EQ(site.bytes, 136u);
    EXPECT_DOUBLE_EQ(site.share, 0.5);
    EXPECT_EQ(site.tid, site.line == 41 ? 4711 : 4712);
  }
}

TEST(AllocationSites, BeyondTheFirstAreCountedAndNotCalledUnknown) {
  Finding finding;
  for (uint32_t line = 1; line <= 8; ++line)
    finding.allocations.push_back(
        {.file = "server.cc", .line = line, .function = "make()", .blocks = 1, .share = 0.125});
  const std::string text = describe_allocations(finding);
  EXPECT_NE(text.find("server.cc:5"), std::string::npos) << text;
  EXPECT_EQ(text.find("server.cc:6"), std::string::npos) << text;
  EXPECT_NE(text.find("and in 3 more places for 38 %"), std::string::npos) << text;
  EXPECT_EQ(text.find("not known"), std::string::npos) << text;
}

TEST(AllocationSites, AreNotGuessedForUsesThatNoBlockIsKnownFor) {
  Profile profile = heap_profile();
  profile.recording.heap_blocks.pop_back();
  const Finding finding = find_line(profile);
  ASSERT_EQ(finding.allocations.size(), 1u);
  EXPECT_EQ(finding.allocations[0].line, 41u);
  EXPECT_DOUBLE_EQ(finding.allocations[0].share, 0.5);

  profile.recording.heap_blocks[0].address += 4096;
  EXPECT_TRUE(find_line(profile).allocations.empty());
}

TEST(AllocationSites, OfALockAreThoseOfTheBlockThatItWasWaitedForIn) {
  Profile profile = sample::busy_profile();
  HeapBlock one = block(sample::kMutexAddress, 56, 100, 200);
  one.stack = allocation_in(profile, 51);
  profile.recording.heap_blocks = {one};
  profile.recording.exemplars.push_back(
      {.address = sample::kMutexAddress, .capture = {.time_ns = 150}});
  profile.recording.long_waits.push_back(
      {.address = sample::kMutexAddress, .start_ns = 250, .wait_ns = 10});
  AllocationSum sum(profile);
  sum.add_waits({sample::kMutexAddress});
  Finding finding;
  sum.describe(finding, true);
  ASSERT_EQ(finding.allocations.size(), 1u);
  EXPECT_EQ(finding.allocations[0].line, 51u);
  EXPECT_DOUBLE_EQ(finding.allocations[0].share, 0.5) << "the second wait was after the block";
}

/// The run of sample_profile.h, without the names of data.
Profile nameless_profile() {
  Profile profile = sample::busy_profile();
  profile.lines.front().objects.clear();
  return profile;
}

constexpr const char* kSuggestion = "quarrel record --allocations";

TEST(AllocationSites, AreSuggestedWhereMemoryHasNoName) {
  EXPECT_NE(find_line(nameless_profile()).reason.find(kSuggestion), std::string::npos);
  Profile asked = nameless_profile();
  asked.recording.coverage.push_back({.collector = "allocations"});
  Profile of_file = nameless_profile();
  of_file.recording.mappings = {{.start = sample::kLineAddress, .end = sample::kLineAddress + 64}};
  for (const Profile& profile : {asked, of_file, sample::busy_profile()})
    EXPECT_EQ(find_line(profile).reason.find(kSuggestion), std::string::npos);
}

LineSample sample_of(uint32_t thread, uint64_t address, bool is_own_stack) {
  LineSample sample;
  sample.thread = ThreadId{thread};
  sample.accesses = {{.address = address, .size = 8, .is_own_stack = is_own_stack}};
  return sample;
}

TEST(SharedAddresses, AreLinesOfTwoThreadsAndLocksThatWereWaitedFor) {
  Recording recording;
  recording.line_samples = {sample_of(0, kAddress, false), sample_of(0, kAddress + 8, false),
                            sample_of(0, kAddress + 0x100, false)};
  SharedAddresses shared;
  shared.take(recording);
  EXPECT_TRUE(shared.is_empty()) << "one thread alone";
  recording.line_samples.push_back(sample_of(1, kAddress + 0x100, true));
  shared.take(recording);
  EXPECT_TRUE(shared.is_empty()) << "its stack is no other's";
  recording.line_samples.push_back(sample_of(1, kAddress + 56, false));
  recording.lock_waits.push_back({.address = kAddress + 0x1008});
  shared.take(recording);
  EXPECT_TRUE(shared.touch(kAddress + 32, 8));
  EXPECT_TRUE(shared.touch(kAddress - 8, 16));
  EXPECT_FALSE(shared.touch(kAddress - 8, 8));
  EXPECT_FALSE(shared.touch(kAddress + 64, 128));
  EXPECT_TRUE(shared.touch(kAddress + 0xff0, 64));
  EXPECT_TRUE(shared.touch(kAddress - 4096, 1 << 20));
}

}  // namespace
}  // namespace quarrel
