// Is what a project tells about itself read as it was meant, and are mistakes named?
#include "extract/configuration.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace quarrel {
namespace {

std::string mistake_in(const std::string& text) {
  const auto result = parse_configuration(text, ".quarrel.toml");
  return result.ok() ? "" : result.error().message;
}

TEST(Configuration, ReadsTheExampleOfTheManual) {
  std::ifstream stream(QUARREL_SOURCE_DIR "/docs/configuration.md");
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  const size_t begin = text.find("```toml\n") + 8;
  text = text.substr(begin, text.find("```", begin) - begin);
  const auto told = parse_configuration(text, ".quarrel.toml");
  ASSERT_TRUE(told.ok()) << told.error().message;
  ASSERT_EQ(told->accesses.size(), 1u);
  EXPECT_EQ(told->accesses[0].order, MemoryOrder::kRelaxed);
  EXPECT_EQ(told->locks.size(), 1u);
  EXPECT_EQ(told->lock_types.size(), 1u);
  ASSERT_EQ(told->threads.size(), 2u);
  EXPECT_EQ(told->threads[0].passed_argument, 3u);
  EXPECT_TRUE(told->threads[1].is_many);
  EXPECT_EQ(told->ignored_paths.size(), 2u);
}

TEST(Configuration, NamesTheLineOfAMistake) {
  EXPECT_EQ(mistake_in("\n[[primitive]]\nnome = 'x'\n"),
            ".quarrel.toml:3: 'nome' means nothing here");
  EXPECT_EQ(mistake_in("[[primitive]]\nname = 'x'\naccess = 'wr'\n"),
            ".quarrel.toml:3: 'access' must be one of: cas, read, rmw, write");
  EXPECT_EQ(mistake_in("[[lock]]\nacquire = 'x'\n"), ".quarrel.toml:1: 'release' is missing");
  EXPECT_NE(mistake_in("[["), "");
  EXPECT_NE(mistake_in("[\x7fx]"), "");
  EXPECT_EQ(mistake_in("\n" + std::string(5000, 'a') + "\n"),
            ".quarrel.toml:2: the line is too long, break it");
}

TEST(Configuration, LettersOfOtherLanguagesAreMistakesOutsideOfTextsOnly) {
  EXPECT_NE(mistake_in("\u0101 = 1\n"), "");
  EXPECT_NE(mistake_in("[paths]\nignore = [\u00e9]\n"), "");
  EXPECT_EQ(mistake_in("[paths]  # \u00e9\nignore = ['\u0101']\n"), "");
}

TEST(Configuration, MatchesNamesWithStars) {
  EXPECT_TRUE(matches_pattern("add_*_u32", "add_one_u32"));
  EXPECT_FALSE(matches_pattern("add_*_u32", "add_one_u64"));
  EXPECT_FALSE(matches_pattern("add", "add_one"));
}

}  // namespace
}  // namespace quarrel
