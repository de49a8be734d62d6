// Does damage to bytes change their checksum?
#include "base/checksum.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace quarrel {
namespace {

TEST(Checksum, NoFlippedBitGoesUnseen) {
  const std::string whole = "A text whose length is no multiple of eight.";
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1U << bit % 8);
    EXPECT_NE(checksum(damaged), checksum(whole)) << bit;
  }
}

TEST(Checksum, ZerosOfEachLengthHaveTheirOwn) {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 100; ++size) seen.insert(checksum(std::string(size, '\0')));
  EXPECT_EQ(seen.size(), 100U);
}

TEST(Checksum, IsTheSameOnEveryHost) {
  EXPECT_EQ(checksum("0123456789"), 0xFD71FD88C0031B80U);
}

}  // namespace
}  // namespace quarrel
