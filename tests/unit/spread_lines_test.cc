// Is sharing found that is spread over many lines, and is only false sharing called so?
#include "resolve/spread_lines.h"

#include <gtest/gtest.h>

#include <random>

#include "join/sharing.h"
#include "resolve/line_attribution.h"

namespace quarrel {
namespace {

constexpr uint64_t kBase = 0x100000;
constexpr uint64_t kLineBytes = 64;
constexpr ThreadId kFinder{0};
constexpr ThreadId kStorer{1};

/// A run in which each thread goes over an array in its own way.
class SpreadLinesTest : public testing::Test {
 protected:
  SpreadLinesTest() {
    for (const int32_t tid : {101, 102}) recording_.threads.push_back({.tid = tid});
    recording_.run.host.line_size = kLineBytes;
  }

  uint64_t random(uint64_t below) { return random_() % below; }

  void touch(ThreadId thread, uint64_t address, uint64_t instruction) {
    now_ns_ += 1'000'000;
    LineSample sample{.thread = thread, .time_ns = now_ns_};
    sample.peers = {thread == kFinder ? kStorer : kFinder};
    sample.accesses.push_back({.instruction = instruction,
                               .address = address,
                               .size = 8,
                               .kind = AccessKind::kReadWrite,
                               .distance = 1});
    recording_.line_samples.push_back(std::move(sample));
  }

  std::vector<LineProfile> lines() {
    Coverage coverage;
    return attribute_lines(recording_, {}, coverage);
  }

  Recording recording_;
  std::minstd_rand random_{7};
  uint64_t now_ns_ = 0;
};

TEST_F(SpreadLinesTest, FieldsOfManyBucketsAreOnePattern) {
  for (int i = 0; i < 2000; ++i) {
    touch(kFinder, kBase + 16 * random(4096), 1);
    touch(kStorer, kBase + 16 * random(4096) + 8, 2);
  }
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GT(found[0].lines, 500u);
  EXPECT_GT(found[0].samples, 3500u);
  EXPECT_EQ(found[0].co_active_samples, found[0].samples);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
}

TEST_F(SpreadLinesTest, TheExampleIsALineThatWatchpointsStoodOn) {
  for (int i = 0; i < 2000; ++i) {
    touch(kFinder, kBase + 16 * random(4096), 1);
    touch(kStorer, kBase + 16 * random(4096) + 8, 2);
  }
  const uint64_t watched = kBase + 8 * kLineBytes;
  touch(kFinder, watched + 16, 1);
  touch(kStorer, watched + 40, 2);
  ASSERT_NE(lines().at(0).address, watched);
  recording_.watch_hits = {
      {watched + 16, 8, kFinder, 1, AccessKind::kReadWrite, false, 20, 1'000'000},
      {watched + 40, 8, kStorer, 2, AccessKind::kReadWrite, false, 15, 1'000'000},
  };
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].address, watched);
  ASSERT_EQ(found[0].accesses.size(), 2u);
  EXPECT_EQ(found[0].accesses[0].hits, 20u);
  EXPECT_EQ(found[0].accesses[1].hits, 15u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
}

TEST_F(SpreadLinesTest, ElementsOfThreadsInTurnArePattern) {
  // counters[2 * i + thread], by the same code.
  for (int i = 0; i < 2000; ++i)
    for (const ThreadId thread : {kFinder, kStorer})
      touch(thread, kBase + 8 * (2 * random(4096) + thread.value), 1);
  const auto found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(classify_sharing(found[0]), Sharing::kFalse);
}

TEST_F(SpreadLinesTest, TwoThreadsAnywhereInOneTableAreNoFalseSharing) {
  for (int i = 0; i < 2000; ++i)
    for (const ThreadId thread : {kFinder, kStorer}) touch(thread, kBase + 8 * random(4096), 1);
  EXPECT_TRUE(lines().empty());
}

TEST_F(SpreadLinesTest, FieldsOnLinesOfTheirOwnAreSilent) {
  for (int i = 0; i < 2000; ++i) {
    touch(kFinder, kBase + 2 * kLineBytes * random(1024), 1);
    touch(kStorer, kBase + 2 * kLineBytes * random(1024) + kLineBytes, 2);
  }
  EXPECT_TRUE(lines().empty());
}

TEST_F(SpreadLinesTest, OfHalvesOfATableOnlyTheEdgesAreShared) {
  // 32 parts in turn, each of 32 lines and 4 words: the line at each edge is shared.
  constexpr uint64_t kPart = 32 * kLineBytes + 32;
  for (int i = 0; i < 4000; ++i)
    for (const ThreadId thread : {kFinder, kStorer}) {
      const uint64_t part = 2 * random(16) + thread.value;
      const uint64_t word = random(4) == 0 ? random(4) : random(kPart / 8);
      touch(thread, kBase + part * kPart + 8 * word, 1);
    }
  const auto found = lines();
  ASSERT_FALSE(found.empty());
  uint64_t samples = 0;
  uint64_t lines = 0;
  for (const LineProfile& line : found) {
    EXPECT_EQ(classify_sharing(line), Sharing::kFalse);
    samples += line.samples;
    lines += line.lines;
  }
  EXPECT_LT(lines, 32u);
  EXPECT_LT(samples, 3500u);
}

TEST_F(SpreadLinesTest, AFewLinesAreNoPattern) {
  for (int i = 0; i < 1000; ++i) touch(kFinder, 0x900000 + kLineBytes * random(4096), 9);
  for (int i = 0; i < 3; ++i) {
    touch(kFinder, kBase + kLineBytes * i, 1);
    touch(kStorer, kBase + kLineBytes * i + 8, 2);
  }
  EXPECT_TRUE(lines().empty());
}

}  // namespace
}  // namespace quarrel
