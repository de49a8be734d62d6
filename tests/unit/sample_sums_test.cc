// Of which of its addresses does a sample become an example?
#include "collect/sample_sums.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace quarrel {
namespace {

constexpr uint64_t kGuard = 0x7f00'0000'1768;
constexpr uint64_t kHeap = 0x5500'0000'2000;

Recording recording_of(const std::vector<MemoryAccess>& accesses) {
  SampleSums sums;
  Recording recording;
  const Capture capture{.tid = 1, .bytes = std::vector<uint8_t>(64)};
  for (int i = 0; i < 100; ++i)
    sums.add_sample({.thread = {0}, .stack = {0}, .accesses = accesses}, capture, recording);
  EXPECT_EQ(sums.with_address, 100u);
  return recording;
}

bool are_all_of(const Recording& recording, uint64_t address) {
  return !recording.exemplars.empty() &&
         std::ranges::all_of(recording.exemplars,
                             [&](const Exemplar& exemplar) { return exemplar.address == address; });
}

TEST(SampleSums, AnExampleIsOfWhatOthersMayUse) {
  const MemoryAccess guard{.address = kGuard, .size = 8, .is_own_stack = true};
  const MemoryAccess other{.address = kHeap, .size = 8, .distance = 2};
  EXPECT_TRUE(are_all_of(recording_of({guard, other}), kHeap));
  EXPECT_TRUE(are_all_of(recording_of({other, guard}), kHeap));
}

TEST(SampleSums, WithoutSuchAnAddressItIsOfTheNearest) {
  const MemoryAccess guard{.address = kGuard, .size = 8, .is_own_stack = true};
  EXPECT_TRUE(are_all_of(recording_of({guard}), kGuard));
}

}  // namespace
}  // namespace quarrel
