// Do unwind tables give the bounds of every function, also when they are damaged?
#include "resolve/fde_ranges.h"

#include <gtest/gtest.h>

#include <cstring>

#include "resolve/code_image.h"
#include "resolve/decoded_function.h"
#include "unit/self_recording.h"

namespace quarrel {
namespace {

constexpr uint64_t kSection = 0x1000;

/// One CIE ("zR", pc-relative 4-byte pointers) at 0, one FDE for [0x500, 0x520) at 24, terminator.
std::vector<uint8_t> small_eh_frame() {
  std::vector<uint8_t> bytes = {20,   0, 0, 0, 0,    0, 0, 0, 1,  'z', 'R', 0, 1,  0x78, 16, 1,
                                0x1b, 0, 0, 0, 0,    0, 0, 0, 16, 0,   0,   0, 28, 0,    0,  0,
                                0,    0, 0, 0, 0x20, 0, 0, 0, 0,  0,   0,   0, 0,  0,    0,  0};
  const int32_t start = 0x500 - static_cast<int32_t>(kSection + 32);
  std::memcpy(&bytes[32], &start, sizeof(start));
  return bytes;
}

std::string mapped_path(const Recording& recording, std::string_view part) {
  for (const Module& module : recording.modules)
    if (module.path.find(part) != std::string::npos) return module.path;
  return {};
}

void expect_all_functions_decode(std::string_view library, size_t least_functions) {
  const std::string path = mapped_path(self_recording(), library);
  if (path.empty()) GTEST_SKIP() << library << " is not loaded: linked statically";
  const auto image = CodeImage::open(path, "");
  ASSERT_NE(image, nullptr);
  size_t instructions = 0;
  size_t undecodable = 0;
  for (const CodeRange& range : image->functions()) {
    const auto code = image->read(range.start, range.end - range.start);
    EXPECT_EQ(code.size(), range.end - range.start);
    const DecodedFunction function(InstructionSet::kX86_64, code, range.start);
    instructions += function.instructions().size();
    undecodable += function.undecodable_bytes();
  }
  EXPECT_GT(image->functions().size(), least_functions);
  EXPECT_LT(undecodable * 10'000, instructions) << "more than 1 in 10,000";
  testing::Test::RecordProperty("undecodable_bytes", std::to_string(undecodable));
}

TEST(FdeRanges, AnFdeNamesItsFunction) {
  const auto ranges = parse_fde_ranges(small_eh_frame(), kSection);
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_EQ(ranges[0], (CodeRange{0x500, 0x520}));
  EXPECT_TRUE(range_at(ranges, 0x500));
  EXPECT_TRUE(range_at(ranges, 0x51f));
}

TEST(FdeRanges, AddressesBesideAFunctionBelongToNone) {
  const auto ranges = parse_fde_ranges(small_eh_frame(), kSection);
  EXPECT_FALSE(range_at(ranges, 0x4ff));
  EXPECT_FALSE(range_at(ranges, 0x520));
  EXPECT_FALSE(range_at({}, 0x500));
}

TEST(FdeRanges, EveryTruncationIsSurvived) {
  const auto whole = small_eh_frame();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_LE(parse_fde_ranges(cut, kSection).size(), 1u);
  }
}

TEST(FdeRanges, EveryDamagedByteIsSurvived) {
  for (size_t place = 0; place < small_eh_frame().size(); ++place) {
    for (const uint8_t value : {0x00, 0x01, 0x50, 0x7f, 0x80, 0xff}) {
      auto bytes = small_eh_frame();
      bytes[place] = value;
      for (const CodeRange& range : parse_fde_ranges(bytes, kSection))
        EXPECT_LT(range.start, range.end);
    }
  }
}

TEST(FdeRanges, TheHeaderPointsAtTheSection) {
  const std::vector<uint8_t> header = {1, 0x1b, 0x03, 0x3b, 0x10, 0, 0, 0};
  EXPECT_EQ(parse_eh_frame_address(header, 0x2000), 0x2014u);
  EXPECT_FALSE(parse_eh_frame_address({}, 0x2000));
  const std::vector<uint8_t> version_two = {2, 0x1b, 0x03, 0x3b, 0x10, 0, 0, 0};
  EXPECT_FALSE(parse_eh_frame_address(version_two, 0x2000));
}

TEST(CodeImage, EveryFunctionOfTheCLibraryDecodes) {
  expect_all_functions_decode("/libc.so.6", 3000);
}

TEST(CodeImage, EveryFunctionOfTheCxxLibraryDecodes) {
  expect_all_functions_decode("/libstdc++.so.6", 3000);
}

TEST(CodeImage, AFileThatIsNoElfFileOrIsMissingIsRefused) {
  EXPECT_EQ(CodeImage::open("/proc/self/maps", ""), nullptr);
  EXPECT_EQ(CodeImage::open("/nowhere/at/all", ""), nullptr);
  EXPECT_EQ(CodeImage::open("/", ""), nullptr);
}

}  // namespace
}  // namespace quarrel
