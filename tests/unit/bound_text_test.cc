// What do array bounds and sizes say about cache lines?
#include "checks/bound_text.h"

#include <gtest/gtest.h>

#include "checks/name_words.h"

namespace quarrel {
namespace {

using Words = std::vector<std::string>;

TEST(NameWords, SplitAtCapitalsAndUnderscores) {
  EXPECT_EQ(words_of("m_prePad2"), (Words{"m", "pre", "pad"}));
  EXPECT_EQ(words_of("CACHE_LINE_SIZE"), (Words{"cache", "line", "size"}));
  EXPECT_EQ(words_of("L1CacheBytes"), (Words{"l1", "cache", "bytes"}));
  EXPECT_EQ(words_of("thr->tid"), (Words{"thr", "tid"}));
  EXPECT_EQ(words_of(""), Words{});
}

TEST(BoundText, KnowsTheFormulaThatLacksTheOuterRemainder) {
  EXPECT_TRUE(is_missing_modulo("64 - sizeof(T) % 64"));
  EXPECT_TRUE(is_missing_modulo("(kLine - (2 * sizeof(long) + sizeof(T)) % kLine)"));
  EXPECT_FALSE(is_missing_modulo("(64 - sizeof(T) % 64) % 64"));
  EXPECT_FALSE(is_missing_modulo("64 - sizeof(T)"));
  EXPECT_FALSE(is_missing_modulo("64 - count % 64"));
  EXPECT_FALSE(is_missing_modulo("128 - sizeof(T) % 64"));
}

TEST(BoundText, KnowsMultiplesOfALine) {
  EXPECT_TRUE(is_multiple("2 * kLine"));
  EXPECT_TRUE(is_multiple("(2 * kLine) - 3 * sizeof(long)"));
  EXPECT_TRUE(is_multiple("LINE * 2"));
  EXPECT_FALSE(is_multiple("kLine"));
  EXPECT_FALSE(is_multiple("64 - 2 * sizeof(long)"));
  EXPECT_FALSE(is_multiple("1 * kLine"));
}

TEST(BoundText, KnowsRoomForAligning) {
  EXPECT_TRUE(has_slack("n * sizeof(*p) + 64"));
  EXPECT_TRUE(has_slack("sizeof(*p) + __alignof__(*p)"));
  EXPECT_TRUE(has_slack("sizeof(T) + CACHE_LINE_SIZE - 1"));
  EXPECT_FALSE(has_slack("sizeof(T)"));
  EXPECT_FALSE(has_slack("sizeof(T) + 1"));
  EXPECT_FALSE(has_slack("sizeof(T) + length"));
  EXPECT_TRUE(is_padded_element("sizeof(*p) + 64"));
  EXPECT_FALSE(is_padded_element("n * sizeof(*p) + 64"));
  EXPECT_FALSE(is_padded_element("sizeof(*p) + length"));
}

}  // namespace
}  // namespace quarrel
