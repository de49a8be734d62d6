// Are layouts read from debug information that no compiler would write?
#include "resolve/binary_facts.h"

#include <dwarf.h>
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

namespace quarrel {
namespace {

/// Little-endian bytes, as they stand in a section.
class SectionBytes {
 public:
  SectionBytes& bytes(std::initializer_list<uint8_t> values) {
    content_.insert(content_.end(), values.begin(), values.end());
    return *this;
  }
  SectionBytes& word(uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
      content_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  SectionBytes& text(std::string_view value) {
    content_.append(value);
    content_.push_back('\0');
    return *this;
  }
  void set_word(size_t place, uint32_t value) {
    std::memcpy(content_.data() + place, &value, sizeof value);
  }
  uint32_t size() const { return static_cast<uint32_t>(content_.size()); }
  const std::string& content() const { return content_; }

 private:
  std::string content_;
};

/// A shared library of nothing but these sections.
std::vector<char> library_of(const std::string& abbreviations, const std::string& entries) {
  const std::string names("\0.debug_abbrev\0.debug_info\0.shstrtab\0", 37);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shoff = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 4;
  header.e_shstrndx = 3;
  Elf64_Shdr sections[4]{};
  std::string content;
  const auto place = [&](Elf64_Shdr& section, uint32_t name, uint32_t type,
                         const std::string& bytes) {
    section.sh_name = name;
    section.sh_type = type;
    section.sh_offset = sizeof header + sizeof sections + content.size();
    section.sh_size = bytes.size();
    section.sh_addralign = 1;
    content += bytes;
  };
  place(sections[1], 1, SHT_PROGBITS, abbreviations);
  place(sections[2], 15, SHT_PROGBITS, entries);
  place(sections[3], 27, SHT_STRTAB, names);
  std::vector<char> image(sizeof header + sizeof sections);
  std::memcpy(image.data(), &header, sizeof header);
  std::memcpy(image.data() + sizeof header, sections, sizeof sections);
  image.insert(image.end(), content.begin(), content.end());
  return image;
}

constexpr uint8_t kUnit = 1;
constexpr uint8_t kRecord = 2;
constexpr uint8_t kMember = 3;
constexpr uint8_t kInteger = 4;

std::string abbreviations() {
  SectionBytes table;
  table.bytes({kUnit, DW_TAG_compile_unit, 1, DW_AT_name, DW_FORM_string, 0, 0});
  table.bytes({kRecord, DW_TAG_structure_type, 1, DW_AT_name, DW_FORM_string, DW_AT_byte_size,
               DW_FORM_data1, 0, 0});
  table.bytes({kMember, DW_TAG_member, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref4,
               DW_AT_data_member_location, DW_FORM_data1, 0, 0});
  table.bytes({kInteger, DW_TAG_base_type, 0, DW_AT_name, DW_FORM_string, DW_AT_byte_size,
               DW_FORM_data1, DW_AT_encoding, DW_FORM_data1, 0, 0});
  return table.bytes({0}).content();
}

/// S0 { S1 m; }, S1 { S2 m; }, ..., the outermost first, and an int in the last.
std::vector<char> nested_records(int count) {
  SectionBytes entries;
  entries.word(0).bytes({4, 0}).word(0).bytes({8});  // length (below), DWARF 4, 8-byte addresses
  entries.bytes({kUnit}).text("u.cc");
  for (int i = 0; i < count; ++i) {
    entries.bytes({kRecord}).text("S" + std::to_string(i)).bytes({4});
    entries.bytes({kMember}).text("m");
    const uint32_t behind = entries.size() + sizeof(uint32_t) + 2;
    entries.word(behind).bytes({0, 0});  // at offset 0; no more members
  }
  entries.bytes({kInteger}).text("int").bytes({4, DW_ATE_signed}).bytes({0});
  entries.set_word(0, entries.size() - sizeof(uint32_t));
  return library_of(abbreviations(), entries.content());
}

TEST(BinaryFacts, AreReadOfRecordsWithinRecords) {
  const auto facts = binary_facts_of(nested_records(3));
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  ASSERT_EQ(facts->records.size(), 3u);
  EXPECT_EQ(facts->records[0].name, "S0");
  EXPECT_EQ(facts->records[0].fields.at(0).type, "S1");
  EXPECT_EQ(facts->records[2].fields.at(0).type, "int");
}

TEST(BinaryFacts, AreReadHoweverDeepRecordsAreNested) {
  constexpr int kDeep = 20'000;
  const auto facts = binary_facts_of(nested_records(kDeep));
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_EQ(facts->records.size(), size_t{kDeep});
}

}  // namespace
}  // namespace quarrel
