// Are Go programs known, with their table of functions, however they were stripped?
#include "resolve/go_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "resolve/elf_functions.h"

namespace quarrel {
namespace {

// Built by tests/kernel; empty without a Go compiler.
const std::string kSample = GO_SAMPLE;

std::vector<char> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(GoProgram, IsFoundWithoutSectionHeaders) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  std::vector<char> image = bytes_of(kSample + "_s");
  std::fill(image.begin() + 0x28, image.begin() + 0x30, 0);  // e_shoff
  std::fill(image.begin() + 0x3c, image.begin() + 0x40, 0);  // e_shnum, e_shstrndx
  const auto file = ElfFile::from_memory(std::move(image));
  ASSERT_TRUE(file.ok());
  const auto table = read_go_table(**file);
  ASSERT_TRUE(table);
  const auto place = table->index_at((*file)->entry());
  ASSERT_TRUE(place);
  EXPECT_EQ(table->function(*place).name, "_rt0_amd64_linux");
}

/// The stripped sample with another start of its text in the header of the table.
Result<std::unique_ptr<ElfFile>> sample_with_text(uint64_t text) {
  std::vector<char> image = bytes_of(kSample + "_s");
  const auto file = ElfFile::open(kSample + "_s");
  const auto section = (*file)->section(".gopclntab");
  const auto place = file_offset_of(**file, section->address);
  std::memcpy(&image[*place + 24], &text, sizeof(text));
  return ElfFile::from_memory(std::move(image));
}

TEST(GoProgram, OfGo126TellsOnlyElsewhereWhereItsTextBegins) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const auto file = sample_with_text(0);
  ASSERT_TRUE(file.ok());
  const auto table = read_go_table(**file);
  ASSERT_TRUE(table);
  const auto place = table->index_at((*file)->entry());
  ASSERT_TRUE(place);
  EXPECT_EQ(table->function(*place).name, "_rt0_amd64_linux");
}

TEST(GoProgram, HasNoNamesIfItsFunctionsAreOutsideOfItsCode) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const auto file = sample_with_text(0x7000000);
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(read_go_table(**file));
}

TEST(GoProgram, TellsItsVersion) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const auto file = ElfFile::open(kSample + "_s");
  ASSERT_TRUE(file.ok());
  const auto version = go_version_of(**file);
  ASSERT_TRUE(version);
  EXPECT_EQ(version->major, 1u);
  EXPECT_GE(version->minor, 18u);
}

TEST(GoProgram, BeforeGo118PointsToItsVersion) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  std::vector<char> image = bytes_of(kSample + "_s");
  const auto file = ElfFile::open(kSample + "_s");
  const uint64_t address = (*file)->section(".go.buildinfo")->address;
  char* const info = &image[*file_offset_of(**file, address)];
  const std::string version = "go1.16.5";
  const uint64_t string = address + 64, text = address + 96, length = version.size();
  info[15] = 0;
  std::memcpy(info + 16, &string, sizeof(string));
  std::memcpy(info + 64, &text, sizeof(text));
  std::memcpy(info + 72, &length, sizeof(length));
  std::memcpy(info + 96, version.data(), version.size());
  const auto older = ElfFile::from_memory(std::move(image));
  ASSERT_TRUE(older.ok());
  EXPECT_EQ(go_version_of(**older), (GoVersion{1, 16}));
}

TEST(GoProgram, IsNoOther) {
  const auto file = ElfFile::open("/proc/self/exe");
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(may_be_go(**file));
  EXPECT_FALSE(read_go_table(**file));
  EXPECT_FALSE(go_version_of(**file));
}

TEST(GoVersion, IsReadFromWhatTheLinkerWrites) {
  EXPECT_EQ(parse_go_version("go1.19.8"), (GoVersion{1, 19}));
  EXPECT_EQ(parse_go_version("go1.24"), (GoVersion{1, 24}));
  EXPECT_EQ(parse_go_version("go1.22rc1"), (GoVersion{1, 22}));
  EXPECT_EQ(parse_go_version("devel go1.23-8c5a3f Thu"), (GoVersion{1, 23}));
  for (const char* text : {"", "go", "go1", "go1.", "1.19", "go.19", "devel +abc"})
    EXPECT_FALSE(parse_go_version(text)) << text;
}

}  // namespace
}  // namespace quarrel
