// Is a damaged or forged file of code survived, at bounded cost?
#include "resolve/code_image.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "resolve/decoded_function.h"
#include "resolve/operand_walk.h"

namespace quarrel {
namespace {

constexpr size_t kHeaderBytes = 64;
constexpr size_t kProgramHeaderBytes = 56;

std::vector<uint8_t> small_program() {
  std::ifstream file("/bin/true", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file that exists only as long as its descriptor.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("forged", MFD_CLOEXEC)) {}

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

  void write(const std::vector<uint8_t>& bytes) const {
    ASSERT_EQ(::ftruncate(fd_.get(), 0), 0);
    ASSERT_EQ(::pwrite(fd_.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  Fd fd_;
};

/// Opens the file and decodes the first functions that it claims to have.
void decode_some(const std::string& path) {
  const auto image = CodeImage::open(path, "");
  if (image == nullptr) return;
  size_t done = 0;
  for (const CodeRange& range : image->functions()) {
    const DecodedFunction function(image->instruction_set(), image->read(range.start, 256),
                                   range.start);
    if (++done == 4) return;
  }
}

TEST(CodeImageDamage, TheIntactFileHasFunctions) {
  const auto image = CodeImage::open("/bin/true", "");
  ASSERT_NE(image, nullptr);
  EXPECT_GT(image->functions().size(), 10u);
  const uint64_t start = image->functions().front().start;
  EXPECT_TRUE(image->function_at(start));
  EXPECT_FALSE(image->read(start, 16).empty());
}

TEST(CodeImage, OfAGoProgramHasTheFunctionsOfGosTable) {
  const std::string sample = GO_SAMPLE;
  if (sample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  for (const char* variant : {"", "_w", "_s", "_s_pie"}) {
    const auto image = CodeImage::open(sample + variant, "");
    ASSERT_NE(image, nullptr);
    EXPECT_GT(image->functions().size(), 1000u);
    const CodeRange middle = image->functions()[image->functions().size() / 2];
    EXPECT_EQ(image->function_at((middle.start + middle.end) / 2), middle);
  }
}

TEST(CodeImage, WithoutAnIndexOfItsUnwindTablesHasTheSameFunctions) {
  auto bytes = small_program();
  const auto intact = CodeImage::open("/bin/true", "");
  for (size_t i = 0; i < bytes[56]; ++i) {
    uint32_t type;
    std::memcpy(&type, &bytes[kHeaderBytes + i * kProgramHeaderBytes], sizeof(type));
    if (type == PT_GNU_EH_FRAME) bytes[kHeaderBytes + i * kProgramHeaderBytes] ^= 1;
  }
  const MemoryFile file;
  file.write(bytes);
  const auto image = CodeImage::open(file.path(), "");
  ASSERT_NE(image, nullptr);
  EXPECT_GT(image->functions().size(), 10u);
  EXPECT_EQ(image->functions().size(), intact->functions().size());
}

TEST(CodeImageDamage, EveryDamagedHeaderByteIsSurvived) {
  const auto intact = small_program();
  ASSERT_GT(intact.size(), kHeaderBytes);
  const size_t headers = kHeaderBytes + kProgramHeaderBytes * intact[56];  // e_phnum
  const MemoryFile file;
  for (size_t place = 0; place < std::min(headers, intact.size()); ++place) {
    for (const uint8_t value : {0x00, 0x7f, 0xff}) {
      auto damaged = intact;
      damaged[place] = value;
      file.write(damaged);
      decode_some(file.path());
    }
  }
}

TEST(CodeImageDamage, EveryTruncationIsSurvived) {
  const auto intact = small_program();
  const MemoryFile file;
  for (size_t size = 0; size < intact.size(); size += size < 1024 ? 7 : 1021) {
    file.write({intact.begin(), intact.begin() + static_cast<ptrdiff_t>(size)});
    decode_some(file.path());
  }
}

TEST(DecodedFunction, RandomBytesAreWalkedWithoutHarm) {
  uint64_t state = 101;
  for (int round = 0; round < 20; ++round) {
    std::vector<uint8_t> code(2000);
    for (uint8_t& byte : code) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<uint8_t>(state >> 56);
    }
    const DecodedFunction function(InstructionSet::kX86_64, code, 0x1000);
    Capture capture{.stack_start = 0x8000, .bytes = std::vector<uint8_t>(64)};
    capture.registers.fill(0x8010);
    for (uint32_t i = 0; i < function.instructions().size(); i += 3)
      for (const MemoryAccess& access :
           walk_operands(function, i, sampled_state(capture), capture, 0))
        EXPECT_LE(access.distance, kOperandWindow);
  }
}

}  // namespace
}  // namespace quarrel
