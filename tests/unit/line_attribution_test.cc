// Are samples charged to the right line, thread and bytes, and are harmless lines left out?
#include "resolve/line_attribution.h"

#include <gtest/gtest.h>

#include "join/peer_contrast.h"
#include "join/sharing.h"

namespace quarrel {
namespace {

constexpr uint64_t kLine = 0x10000;
constexpr uint64_t kOtherLine = 0x20000;
constexpr uint64_t kTickNs = 2'000'000;
constexpr ThreadId kFirst{0};
constexpr ThreadId kSecond{1};
constexpr ThreadId kThird{2};

MemoryAccess access_to(uint64_t address, AccessKind kind, uint64_t instruction) {
  return {.instruction = instruction, .address = address, .size = 8, .kind = kind, .distance = 1};
}

class LineAttributionTest : public testing::Test {
 protected:
  LineAttributionTest() {
    for (const int32_t tid : {101, 102, 103}) recording_.threads.push_back({.tid = tid});
    recording_.run.host.line_size = 64;
  }

  LineSample& add(ThreadId thread, std::vector<MemoryAccess> accesses) {
    LineSample sample{.thread = thread, .time_ns = now_ns_, .accesses = std::move(accesses)};
    return recording_.line_samples.emplace_back(std::move(sample));
  }

  void next_tick() { now_ns_ += kTickNs; }

  /// Two threads that run side by side, each with its own access in every tick.
  void run_pair(const MemoryAccess& first, const MemoryAccess& second, int ticks = 20) {
    for (int i = 0; i < ticks; ++i, next_tick()) {
      add(kFirst, {first});
      add(kSecond, {second});
    }
  }

  std::vector<LineProfile> lines() {
    auto result = attribute_lines(recording_, {}, coverage_);
    EXPECT_TRUE(coverage_holds(coverage_));
    EXPECT_EQ(coverage_.seen, recording_.line_samples.size());
    return result;
  }

  Recording recording_;
  Coverage coverage_;
  uint64_t now_ns_ = 1'000'000'000;
};

TEST_F(LineAttributionTest, TwoWritersOfNeighbouringWordsShareFalsely) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine + 8, AccessKind::kReadWrite, 2));
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, kLine);
  EXPECT_EQ(found[0].samples, 40u);
  EXPECT_EQ(found[0].charged.size(), 40u);
  EXPECT_EQ(found[0].co_active_samples, 40u);
  ASSERT_EQ(found[0].accesses.size(), 2u);
  EXPECT_EQ(found[0].accesses[1].thread, kSecond);
  EXPECT_EQ(found[0].accesses[1].offset, 8u);
  EXPECT_EQ(found[0].accesses[1].samples, 20u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
  EXPECT_EQ(coverage_.attributed, 40u);
}

TEST_F(LineAttributionTest, HitsOfWatchpointsJoinWhatSamplesSaw) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine + 8, AccessKind::kReadWrite, 2));
  recording_.watch_hits = {
      {kLine, 8, kFirst, 1, AccessKind::kReadWrite, false, 20, 1'000'000},
      {kLine + 8, 8, kSecond, 2, AccessKind::kReadWrite, false, 20, 1'000'000},
      {kLine + 16, 8, kThird, 3, AccessKind::kRead, false, 20, 2'000'000},  // never sampled
      {kOtherLine, 8, kThird, 4, AccessKind::kRead, false, 20, 1'000'000},
  };
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].accesses.size(), 3u);
  EXPECT_EQ(found[0].accesses[0].hits, 20u);
  EXPECT_EQ(found[0].accesses[0].samples, 20u);
  EXPECT_EQ(found[0].accesses[2].thread, kThird);
  EXPECT_EQ(found[0].accesses[2].samples, 0u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
}

TEST_F(LineAttributionTest, HitsCountForTheBytesThatTheInstructionUses) {
  run_pair(access_to(kLine, AccessKind::kRead, 1),
           access_to(kLine + 16, AccessKind::kReadWrite, 2));
  recording_.watch_hits = {
      // Two watchpoints on the parts of what one instruction reads, and one on more than it.
      {kLine, 4, kFirst, 1, AccessKind::kRead, false, 20, 1'000'000},
      {kLine + 4, 4, kFirst, 1, AccessKind::kRead, false, 20, 1'000'000},
      {kLine + 16, 8, kThird, 2, AccessKind::kReadWrite, false, 20, 1'000'000},
  };
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].accesses.size(), 3u);
  EXPECT_EQ(found[0].accesses[0].offset, 0u);
  EXPECT_EQ(found[0].accesses[0].size, 8u);
  EXPECT_EQ(found[0].accesses[0].hits, 20u);
}

TEST_F(LineAttributionTest, WatchpointsRefuteWhatSamplesGuessed) {
  const MemoryAccess left = access_to(kLine, AccessKind::kWrite, 1);
  const MemoryAccess right = access_to(kLine + 8, AccessKind::kWrite, 2);
  for (int i = 0; i < 20; ++i, next_tick()) {
    add(kFirst, {left});
    add(kSecond, {left});  // in truth it only writes the right word
    add(kSecond, {right});
  }
  EXPECT_EQ(classify_sharing(lines().at(0)), Sharing::kMixed);
  recording_.watched_bytes = {{kLine, 8, 2, 200'000'000}, {kLine + 8, 8, 2, 200'000'000}};
  recording_.watch_hits = {{kLine, 8, kFirst, 1, AccessKind::kWrite, false, 20, 1'000'000},
                           {kLine + 8, 8, kSecond, 2, AccessKind::kWrite, false, 20, 1'000'000}};
  EXPECT_EQ(classify_sharing(lines().at(0)), Sharing::kFalse);
  // What is not believed is no longer attributed.
  EXPECT_EQ(coverage_.attributed, 40u);
  EXPECT_EQ(coverage_.unresolved, 20u);
  // A watch that was over at once, or a thread that did not run meanwhile, refutes nothing.
  recording_.watched_bytes[0].watched_ns = 1000;
  EXPECT_EQ(classify_sharing(lines().at(0)), Sharing::kMixed);
  recording_.watched_bytes[0].watched_ns = 200'000'000;
  recording_.watch_hits.pop_back();
  EXPECT_EQ(classify_sharing(lines().at(0)), Sharing::kMixed);
}

TEST_F(LineAttributionTest, WhoComesByNowAndThenDoesNotShare) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine + 8, AccessKind::kReadWrite, 2));
  recording_.watch_hits = {
      {kLine, 8, kFirst, 1, AccessKind::kReadWrite, false, 20, 1'000'000},
      {kLine + 8, 8, kSecond, 2, AccessKind::kReadWrite, false, 20, 1'000'000},
      // Sums up both every 10 ms.
      {kLine, 8, kThird, 3, AccessKind::kRead, false, 20, 200'000'000},
      {kLine + 8, 8, kThird, 4, AccessKind::kRead, false, 20, 200'000'000},
      {kLine + 8, 8, kFirst, 0, AccessKind::kRead, false, 20, 1'000'000},  // not decodable
  };
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].accesses.size(), 2u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
}

TEST_F(LineAttributionTest, WordsOnDifferentLinesAreSilent) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine + 64, AccessKind::kReadWrite, 2));
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.attributed, 40u);
}

TEST_F(LineAttributionTest, TheLineSizeOfTheHostDecides) {
  recording_.run.host.line_size = 128;
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine + 64, AccessKind::kReadWrite, 2));
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(LineAttributionTest, OneWordOfSeveralWritersIsTrulyShared) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine, AccessKind::kReadWrite, 1));
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kTrue);
}

TEST_F(LineAttributionTest, ASharedWordWithAPrivateNeighbourIsMixed) {
  run_pair(access_to(kLine, AccessKind::kReadWrite, 1),
           access_to(kLine, AccessKind::kReadWrite, 1));
  for (int i = 0; i < 20; ++i, next_tick())
    add(kThird, {access_to(kLine + 16, AccessKind::kWrite, 3)});
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kMixed);
}

TEST_F(LineAttributionTest, ReadersAloneAreSilent) {
  run_pair(access_to(kLine, AccessKind::kRead, 1), access_to(kLine + 8, AccessKind::kRead, 2));
  EXPECT_TRUE(lines().empty());
}

TEST_F(LineAttributionTest, OneThreadAloneIsSilent) {
  for (int i = 0; i < 40; ++i, next_tick()) {
    add(kFirst, {access_to(kLine, AccessKind::kWrite, 1)});
    add(kFirst, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  EXPECT_TRUE(lines().empty());
}

TEST_F(LineAttributionTest, AThreadThatOnlyInitialisedTheLineIsSilent) {
  add(kFirst, {access_to(kLine, AccessKind::kWrite, 1)});
  for (int i = 0; i < 40; ++i, next_tick())
    add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  EXPECT_TRUE(lines().empty());
}

TEST_F(LineAttributionTest, TooFewSamplesAreSilent) {
  run_pair(access_to(kLine, AccessKind::kWrite, 1), access_to(kLine + 8, AccessKind::kWrite, 2), 3);
  EXPECT_TRUE(lines().empty());
}

TEST_F(LineAttributionTest, LessThanOnePercentOfTheSamplesIsSilent) {
  run_pair(access_to(kLine, AccessKind::kWrite, 1), access_to(kLine + 8, AccessKind::kWrite, 2), 5);
  for (int i = 0; i < 2000; ++i) add(kThird, {});
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.unresolved, 2000u);
}

TEST_F(LineAttributionTest, PrivateDataAndCodeWithoutOperandsAreAttributedToNoLine) {
  MemoryAccess beyond = access_to(kOtherLine, AccessKind::kRead, 7);
  beyond.crosses_block = true;
  beyond.distance = 8;
  for (int i = 0; i < 100; ++i, next_tick()) {
    add(kFirst, {access_to(kLine, AccessKind::kWrite, 1)});
    add(kSecond, {beyond});
    add(kThird, {});
  }
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.attributed, 200u);
  EXPECT_EQ(coverage_.unresolved, 100u);
}

TEST_F(LineAttributionTest, TheOwnStackDoesNotHideTheAccessBehindIt) {
  MemoryAccess spill = access_to(kOtherLine, AccessKind::kWrite, 5);
  spill.is_own_stack = true;
  MemoryAccess first = access_to(kLine, AccessKind::kWrite, 1);
  first.distance = 2;
  for (int i = 0; i < 20; ++i, next_tick()) {
    add(kFirst, {spill, first});
    add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, kLine);
  EXPECT_EQ(found[0].samples, 40u);
}

TEST_F(LineAttributionTest, OwnStacksAreNoSharedLines) {
  MemoryAccess first = access_to(kLine, AccessKind::kWrite, 1);
  MemoryAccess second = access_to(kOtherLine, AccessKind::kWrite, 1);
  first.is_own_stack = second.is_own_stack = true;
  run_pair(first, second);
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.attributed, 40u);
}

TEST_F(LineAttributionTest, MemoryThatThreadsOwnOneAfterAnotherIsNotShared) {
  MemoryAccess own = access_to(kLine, AccessKind::kWrite, 1);
  own.is_own_stack = true;
  run_pair(own, own);
  EXPECT_EQ(lines().size(), 1u);  // nothing is known of who owns what
  coverage_ = {};
  recording_.threads[0].fs_base = recording_.threads[1].fs_base = kLine + 0x700;
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.attributed, 40u);
}

TEST_F(LineAttributionTest, StacksThatGoroutinesTakeFromThreadToThreadAreNotShared) {
  MemoryAccess own = access_to(kLine, AccessKind::kWrite, 1);
  own.is_own_stack = true;
  run_pair(own, own);
  recording_.coverage = {{.collector = "go_locks", .state = CollectorState::kOn}};
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.attributed, 40u);
  run_pair(own, access_to(kLine + 8, AccessKind::kWrite, 2));
  coverage_ = {};
  EXPECT_EQ(lines().size(), 1u) << "the heap begins right beside a stack";
}

TEST_F(LineAttributionTest, MemoryOfSuccessiveOwnersThatAThirdThreadUsesIsShared) {
  MemoryAccess own = access_to(kLine, AccessKind::kWrite, 1);
  own.is_own_stack = true;
  recording_.threads[0].fs_base = recording_.threads[1].fs_base = kLine + 0x700;
  run_pair(own, own);
  for (int i = 0; i < 20; ++i, next_tick()) {
    add(kSecond, {own});
    add(kThird, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(LineAttributionTest, AStackThatAnotherThreadUsesIsKept) {
  MemoryAccess owner = access_to(kLine, AccessKind::kWrite, 1);
  owner.is_own_stack = true;
  run_pair(owner, access_to(kLine + 8, AccessKind::kWrite, 2));
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(LineAttributionTest, TheOtherArmOfAnIfIsNotCredibleUnlessTheThreadWasSampledThere) {
  MemoryAccess own = access_to(kLine, AccessKind::kWrite, 1);
  own.distance = 2;
  own.crosses_block = true;
  MemoryAccess other_arm = access_to(kLine + 8, AccessKind::kWrite, 2);
  other_arm.distance = 3;
  other_arm.crosses_block = true;
  for (int i = 0; i < 20; ++i, next_tick()) {
    add(kFirst, {own, other_arm});
    add(kFirst, {access_to(kLine, AccessKind::kWrite, 1)});
    add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
  EXPECT_EQ(found[0].samples, 60u);
}

TEST_F(LineAttributionTest, AtTheJoinOfTwoArmsAThreadIsChargedWithItsOwnArm) {
  // Most samples stand where the arms meet: the one that falls through is nearer than the other.
  MemoryAccess jumping = access_to(kLine, AccessKind::kWrite, 1);
  jumping.distance = 2;
  MemoryAccess falling = access_to(kLine + 8, AccessKind::kWrite, 2);
  jumping.crosses_block = falling.crosses_block = true;
  falling.excludes = 0b10;
  jumping.excludes = 0b01;
  MemoryAccess on_jump = access_to(kLine, AccessKind::kWrite, 1);
  MemoryAccess on_store = access_to(kLine + 8, AccessKind::kWrite, 2);
  on_store.distance = 0;
  for (int i = 0; i < 60; ++i, next_tick()) {
    add(kFirst, {falling, jumping});
    add(kSecond, {falling, jumping});
    if (i % 2 != 0) continue;
    add(kFirst, {on_jump});
    add(kSecond, {on_store});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
  for (const LineAccess& access : found[0].accesses)
    EXPECT_EQ(access.offset, access.thread == kFirst ? 0u : 8u);
}

TEST_F(LineAttributionTest, TheArmOfAnotherThreadIsNotSharedAlthoughItEndsWhereTheOwnOneJumps) {
  // Each thread keeps to its arm, and the arms use different lines.
  MemoryAccess jumping = access_to(kLine, AccessKind::kWrite, 1);
  jumping.distance = 2;
  MemoryAccess falling = access_to(kOtherLine, AccessKind::kWrite, 2);
  jumping.crosses_block = falling.crosses_block = true;
  const MemoryAccess on_jump = access_to(kLine, AccessKind::kWrite, 1);
  MemoryAccess on_store = access_to(kOtherLine, AccessKind::kWrite, 2);
  on_store.distance = 0;
  const auto record = [&] {
    recording_.line_samples.clear();
    for (int i = 0; i < 60; ++i, next_tick()) {
      add(kFirst, {falling, jumping});
      add(kSecond, {falling, jumping});
      add(kFirst, {on_jump});
      if (i % 10 == 0) add(kSecond, {on_store});
    }
  };
  record();
  EXPECT_FALSE(lines().empty());  // nothing tells that it is one or the other
  falling.excludes = 0b10;
  jumping.excludes = 0b01;
  record();
  EXPECT_TRUE(lines().empty());
}

TEST_F(LineAttributionTest, AThreadThatTakesBothArmsUsesBoth) {
  MemoryAccess jumping = access_to(kLine, AccessKind::kWrite, 1);
  jumping.distance = 2;
  MemoryAccess falling = access_to(kLine + 8, AccessKind::kWrite, 2);
  jumping.crosses_block = falling.crosses_block = true;
  falling.excludes = 0b10;
  jumping.excludes = 0b01;
  const MemoryAccess on_jump = access_to(kLine, AccessKind::kWrite, 1);
  MemoryAccess on_store = access_to(kLine + 8, AccessKind::kWrite, 2);
  on_store.distance = 0;
  for (int i = 0; i < 60; ++i, next_tick())
    for (const ThreadId thread : {kFirst, kSecond}) {
      add(thread, {falling, jumping});
      add(thread, {on_jump});
      if (i % 20 == 0) add(thread, {on_store});
    }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].accesses.size(), 4u);
}

TEST_F(LineAttributionTest, OneLookAtARareBranchDoesNotChargeTheLoopAroundIt) {
  MemoryAccess rare = access_to(kLine, AccessKind::kReadWrite, 1);
  rare.distance = 4;
  rare.crosses_block = true;
  for (int i = 0; i < 100; ++i, next_tick()) {
    add(kFirst, {rare});
    add(kSecond, {rare});
  }
  for (const ThreadId thread : {kFirst, kSecond})
    add(thread, {access_to(kLine, AccessKind::kReadWrite, 1)});
  for (const LineProfile& line : lines()) EXPECT_LE(line.samples, 10u);
}

TEST_F(LineAttributionTest, AStoreJustBeforeTheSampleGoesBeforeALoadUnderIt) {
  MemoryAccess load = access_to(kLine + 32, AccessKind::kRead, 9);
  load.distance = 0;
  for (int i = 0; i < 20; ++i, next_tick()) {
    add(kFirst, {load, access_to(kLine, AccessKind::kWrite, 1)});
    add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].accesses.size(), 3u);
  EXPECT_EQ(found[0].accesses[0].samples, 20u);
  EXPECT_EQ(found[0].accesses[1].offset, 32u);
  EXPECT_EQ(found[0].accesses[1].samples, 0u);
  EXPECT_EQ(found[0].accesses[1].touches, 20u);
}

TEST_F(LineAttributionTest, AnInstructionThatIsSurelySeenOnlyElsewhereIsNotHere) {
  // Where two ways join, a register holds this line on one way and another line on the other: both
  // stores of the thread are candidates, although the first one always goes to the other line.
  const MemoryAccess total = access_to(kOtherLine, AccessKind::kWrite, 1);
  MemoryAccess total_here = access_to(kLine + 32, AccessKind::kWrite, 1);
  MemoryAccess own = access_to(kLine, AccessKind::kReadWrite, 2);
  total_here.distance = 4;
  own.crosses_block = total_here.crosses_block = true;
  for (int i = 0; i < 40; ++i, next_tick()) {
    add(kFirst, {total});
    add(kFirst, {own, total_here});
    add(kSecond, {access_to(kLine + 8, AccessKind::kReadWrite, 3)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_EQ(found[0].accesses.size(), 2u);
  EXPECT_EQ(found[0].accesses[0].offset, 0u);
  EXPECT_EQ(found[0].accesses[1].offset, 8u);
}

TEST_F(LineAttributionTest, AnInstructionThatIsNeverSurelySeenCounts) {
  MemoryAccess first = access_to(kLine, AccessKind::kReadWrite, 1);
  first.crosses_block = true;
  run_pair(first, access_to(kLine + 8, AccessKind::kReadWrite, 2));
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].accesses.size(), 2u);
}

TEST_F(LineAttributionTest, AStrayOffsetIsDropped) {
  run_pair(access_to(kLine, AccessKind::kWrite, 1), access_to(kLine + 8, AccessKind::kWrite, 2));
  add(kFirst, {access_to(kLine + 8, AccessKind::kWrite, 3)});
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
  EXPECT_EQ(found[0].samples, 40u);
}

TEST_F(LineAttributionTest, AnAccessOverALineBoundaryTouchesBothLines) {
  MemoryAccess split = access_to(kLine + 60, AccessKind::kReadWrite, 1);
  run_pair(split, access_to(kLine + 64, AccessKind::kWrite, 2));
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, kLine + 64);
  EXPECT_EQ(found[0].accesses[0].size, 4u);
  EXPECT_EQ(found[0].accesses[0].touches, 20u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kTrue);
}

TEST_F(LineAttributionTest, DifferentPhasesAreNotCoActive) {
  for (int phase = 0; phase < 4; ++phase) {
    const ThreadId thread = phase % 2 == 0 ? kFirst : kSecond;
    for (int i = 0; i < 100; ++i, next_tick())
      add(thread, {access_to(kLine + 8 * thread.value, AccessKind::kWrite, thread.value)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].samples, 400u);
  EXPECT_LE(found[0].co_active_samples, 6u);  // the two ticks around each of three changes
}

TEST_F(LineAttributionTest, APeerOnACpuThatUsesTheLineIsCoActive) {
  for (int i = 0; i < 20; ++i, now_ns_ += 10 * kTickNs) {
    add(kFirst, {access_to(kLine, AccessKind::kWrite, 1)}).peers = {kSecond};
    now_ns_ += 10 * kTickNs;
    add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].co_active_samples, 20u);
}

TEST_F(LineAttributionTest, OfEachCallerTheFrameOfTheNearestSampleIsKept) {
  // Two callers, 0 and 1, of a function that was sampled at two places below the first.
  recording_.frames = {{.pc = 10},
                       {.pc = 20},
                       {.caller = FrameId{0}, .pc = 31},
                       {.caller = FrameId{0}, .pc = 32},
                       {.caller = FrameId{1}, .pc = 31}};
  for (uint32_t frame : {2u, 3u, 4u}) recording_.stacks.push_back({.innermost = FrameId{frame}});
  const MemoryAccess near = access_to(kLine, AccessKind::kWrite, 1);
  MemoryAccess far = near;
  far.distance = 4;
  add(kFirst, {far}).stack = StackId{0};
  add(kFirst, {near}).stack = StackId{1};
  add(kFirst, {near}).stack = StackId{2};
  add(kFirst, {far}).stack = StackId{77};
  run_pair(near, access_to(kLine + 8, AccessKind::kWrite, 2));
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  const auto& callers = found[0].accesses[0].callers;
  ASSERT_EQ(callers.size(), 2u);
  EXPECT_EQ(callers[0].innermost, FrameId{3});
  EXPECT_EQ(callers[0].samples, 2u);
  EXPECT_EQ(callers[1].innermost, FrameId{4});
  EXPECT_TRUE(found[0].accesses[1].callers.empty());
}

TEST_F(LineAttributionTest, AFieldThatIsSeldomSampledCountsIfItsAccessIsCertain) {
  // Of the loads of one line the first takes the stall; stray candidates beyond a branch are as
  // few.
  MemoryAccess second = access_to(kLine + 4, AccessKind::kRead, 2);
  MemoryAccess stray = access_to(kLine + 32, AccessKind::kRead, 3);
  stray.distance = 3;
  stray.crosses_block = true;
  MemoryAccess stray_passed = stray;
  stray_passed.distance = 1;
  for (int i = 0; i < 100; ++i, next_tick()) {
    const bool is_rare = i % 20 == 0;
    add(kFirst, {is_rare ? second : access_to(kLine, AccessKind::kRead, 1)});
    add(kSecond, {access_to(kLine + 16, AccessKind::kWrite, 4)});
    if (is_rare) add(kFirst, {access_to(kLine, AccessKind::kRead, 1), stray});
  }
  add(kFirst, {stray_passed});
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  std::vector<uint32_t> offsets;
  for (const LineAccess& access : found[0].accesses) offsets.push_back(access.offset);
  EXPECT_EQ(offsets, (std::vector<uint32_t>{0, 4, 16}));
}

TEST_F(LineAttributionTest, ForgedAddressesSizesAndThreadsAreSurvived) {
  MemoryAccess top = access_to(UINT64_MAX - 3, AccessKind::kWrite, 1);
  MemoryAccess huge = access_to(kLine + 1, AccessKind::kWrite, 2);
  huge.size = UINT16_MAX;
  MemoryAccess nothing = access_to(kLine, AccessKind::kWrite, 3);
  nothing.size = 0;
  run_pair(top, huge);
  run_pair(nothing, top);
  add(ThreadId{}, {top});
  recording_.run.host.line_size = 48;
  lines();
  EXPECT_EQ(coverage_.unresolved, 21u);
}

TEST_F(LineAttributionTest, WithoutSamplesTheCoverageSaysWhy) {
  EXPECT_TRUE(lines().empty());
  EXPECT_EQ(coverage_.state, CollectorState::kOff);
  EXPECT_FALSE(coverage_.reason.empty());
}

TEST_F(LineAttributionTest, ALineThatCostsMoreBesideItsPeerShowsHarm) {
  for (int i = 0; i < 200; ++i, next_tick()) {
    const bool is_beside = i % 2 == 0;
    const bool is_on_line = is_beside ? i % 10 != 0 : i % 10 == 1;
    auto& sample = add(kFirst, {access_to(is_on_line ? kLine : kOtherLine, AccessKind::kWrite, 1)});
    if (is_beside) sample.peers = {kSecond};
    if (is_beside) add(kSecond, {access_to(kLine + 8, AccessKind::kWrite, 2)});
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  const PeerContrast contrast = peer_contrast_of(found[0], recording_, kFirst);
  EXPECT_EQ(contrast.on_hits, 80u);
  EXPECT_EQ(contrast.on_total, 100u);
  EXPECT_EQ(contrast.off_hits, 20u);
  EXPECT_EQ(contrast.off_total, 100u);
  EXPECT_TRUE(shows_harm(contrast));
  EXPECT_FALSE(peer_contrast_of(found[0], recording_, kSecond).is_known);
  EXPECT_EQ(peer_contrast(found[0], recording_).thread, kFirst);
}

}  // namespace
}  // namespace quarrel
