// Does a damaged or hostile file cost more than its own names?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "resolve/address_names.h"
#include "resolve/fixture_process.h"
#include "resolve/unwinder.h"

// libelf 0.188 loses the buffer of a section whose damaged header makes reading it fail (a few
// hundred bytes a file); elf_end does not free it either.
extern "C" __attribute__((used)) const char* __lsan_default_suppressions() {
  return "leak:libelf.so";
}

namespace quarrel {
namespace {

constexpr uint64_t kBase = 0x10000000;
constexpr int kVariants = 60;

class DamagedFile : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::ifstream file(fixture_path(GetParam()), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    ASSERT_GT(bytes_.size(), 4096U);
    path_ = testing::TempDir() + "quarrel_damaged_" + GetParam();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // Names code and data all over the image, and unwinds from some of it.
  void use(const std::vector<char>& content) {
    std::ofstream(path_, std::ios::binary).write(content.data(), static_cast<long>(content.size()));
    Recording recording;
    recording.modules.push_back({path_, ""});
    recording.mappings.push_back({kBase, kBase + 0x1000, 0, ModuleId{0}, false});
    recording.mappings.push_back({kBase + 0x1000, kBase + 0x4000, 0x1000, ModuleId{0}, true});
    recording.mappings.push_back({kBase + 0x4000, kBase + 0x6000, 0x3000, ModuleId{0}, false});
    Wanted wanted;
    for (uint64_t at = kBase; at < kBase + 0x6000; at += 24) wanted.data.push_back(at);
    Exemplar exemplar{wanted.data.back(), {}, {}};
    exemplar.capture.stack_start = kBase;
    exemplar.capture.bytes.assign(4096, 0x10);
    for (uint64_t at = kBase + 0x1000; at < kBase + 0x3000; at += 40) {
      recording.frames.push_back({{}, at, true});
      exemplar.capture.registers.fill(kBase + 0x100);
      exemplar.capture.registers[kRip] = at;
      recording.exemplars.push_back(exemplar);
      exemplar.address += 8;
    }
    FoundNames names = find_names(recording, wanted, ResolveOptions{});
    EXPECT_EQ(names.frames.size(), recording.frames.size());
    for (const ResolvedFrame& frame : names.frames) EXPECT_FALSE(frame.locations.empty());
    // Names are read in a process of their own, which hides crashes.
    for (const std::string& reason : names.unusable)
      EXPECT_EQ(reason.find("reading the debug"), reason.npos) << reason;
  }

  std::vector<char> bytes_;
  std::string path_;
};

TEST_P(DamagedFile, OfFlippedBytesIsUsedAsFarAsItGoes) {
  uint32_t seed = 7;
  auto next = [&seed] { return (seed = seed * 1664525 + 1013904223) >> 8; };
  for (int variant = 0; variant < kVariants; ++variant) {
    std::vector<char> damaged = bytes_;
    for (int i = 0; i < 1 << (variant % 10); ++i)
      damaged[64 + next() % (damaged.size() - 64)] = static_cast<char>(next());
    use(damaged);
  }
}

TEST_P(DamagedFile, ThatWasCutIsUsedAsFarAsItGoes) {
  for (size_t size = 0; size < bytes_.size(); size += bytes_.size() / 24)
    use({bytes_.begin(), bytes_.begin() + static_cast<long>(size)});
}

INSTANTIATE_TEST_SUITE_P(Resolve, DamagedFile,
                         testing::Values("globals_gcc_O2", "globals_gcc_O0", "globals_clang_O0"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace quarrel
