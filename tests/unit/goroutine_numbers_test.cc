// Is a field that was taken for the numbers of goroutines found out?
#include "collect/goroutine_numbers.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr uint64_t kG = 0xc000002000;

TEST(GoroutineNumbers, MaySucceedOneAnotherInOnePlace) {
  GoroutineNumbers numbers;
  EXPECT_TRUE(numbers.are_sound());
  numbers.see(1, kG);
  numbers.see(18, kG + 0x400);
  numbers.see(18, kG + 0x400);
  numbers.see(4'000'000'000, kG + 0x400);
  EXPECT_TRUE(numbers.are_sound());
}

TEST(GoroutineNumbers, AreOfOneGoroutineEach) {
  GoroutineNumbers numbers;
  numbers.see(2, kG);
  numbers.see(2, kG + 0x400);
  EXPECT_FALSE(numbers.are_sound());
}

TEST(GoroutineNumbers, AreNeitherZeroNorPointers) {
  for (const uint64_t number : {uint64_t{0}, kG, UINT64_MAX}) {
    GoroutineNumbers numbers;
    numbers.see(number, kG);
    numbers.see(1, kG + 0x400);
    EXPECT_FALSE(numbers.are_sound()) << number;
  }
}

}  // namespace
}  // namespace quarrel
