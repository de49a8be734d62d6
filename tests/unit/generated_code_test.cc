// Is the map that a runtime writes of its code read, and are frames named by it?
#include "collect/generated_code.h"

#include <gtest/gtest.h>

#include "resolve/generated_names.h"

namespace quarrel {
namespace {

TEST(CodeMap, KeepsTheFunctionsInWhichFramesStand) {
  const auto codes = parse_code_map(
      "7f0000001000 40 first\n"
      "0x7f0000001040 20 void second(int, int)\n"
      "7f0000002000 10 third\n",
      {0x7f0000001010, 0x7f000000105f, 0x7f0000001060});
  ASSERT_EQ(codes.size(), 2u);
  EXPECT_EQ(codes[0].name, "first");
  EXPECT_EQ(codes[1], (GeneratedCode{0x7f0000001040, 0x20, "void second(int, int)"}));
}

TEST(CodeMap, TheLastFunctionAtAnAddressCounts) {
  const auto codes = parse_code_map("1000 40 old\n1000 80 new\n", {0x1010});
  ASSERT_EQ(codes.size(), 1u);
  EXPECT_EQ(codes[0].name, "new");
}

TEST(CodeMap, SkipsWhatIsNoMap) {
  EXPECT_TRUE(parse_code_map("", {1}).empty());
  EXPECT_TRUE(
      parse_code_map("\n\n 1000\n1000 40\n1000 40 \nx y z\n10000000000000000 1 a\n", {0x1010})
          .empty());
  // To the end of the address space and over it.
  EXPECT_EQ(parse_code_map("1000 ffffffffffffffff all", {0x500, 0x1010}).size(), 1u);
  const std::string long_name(10'000, 'x');
  EXPECT_EQ(parse_code_map("1000 40 " + long_name, {0x1010}).at(0).name.size(), 512u);
}

TEST(CodeMap, NamesFramesThatHaveNoSymbol) {
  Recording recording;
  recording.frames = {{{}, 0x1040, true}, {FrameId{0}, 0x1040, false}, {FrameId{1}, 0x2000, false}};
  recording.generated_code = {{0x1000, 0x40, "made\x1b"}};
  std::vector<ResolvedFrame> frames(3);
  name_generated_code(recording, frames);
  ASSERT_EQ(frames[0].locations.size(), 1u);  // a return address stands behind its call
  EXPECT_EQ(frames[0].locations[0].function, "made?");
  EXPECT_TRUE(frames[0].has_symbol);
  EXPECT_FALSE(frames[1].has_symbol);
  EXPECT_FALSE(frames[2].has_symbol);
}

}  // namespace
}  // namespace quarrel
