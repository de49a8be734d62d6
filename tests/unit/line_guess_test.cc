// Are bytes of a line without a name called what the source uses on those lines of code?
#include "join/line_guess.h"

#include <gtest/gtest.h>

#include "join/line_evidence.h"

namespace quarrel {
namespace {

constexpr uint64_t kLine = 0x10000;

class LineGuess : public testing::Test {
 protected:
  LineGuess() {
    facts_.files = {"src/table.cc"};
    facts_.records.push_back({.symbol = SymbolId{0}, .name = "Bucket"});
    facts_.records[0].fields = {field(SymbolId{1}, "found", 0), field(SymbolId{2}, "stored", 64)};
    use(SymbolId{1}, 40, SourceAccess::kReadModifyWrite);
    use(SymbolId{2}, 50, SourceAccess::kWrite);
    LineProfile line{.address = kLine, .samples = 40};
    line.accesses = {access(ThreadId{0}, 16, 40), access(ThreadId{1}, 24, 50)};
    profile_.lines = {line};
    profile_.recording.threads = {{.tid = 101}, {.tid = 102}};
    profile_.recording.run.host.line_size = 64;
  }

  static SourceField field(SymbolId symbol, const std::string& name, uint64_t offset_bits) {
    SourceField field{.symbol = symbol, .name = name, .type = "long"};
    field.offset_bits = offset_bits;
    field.size_bits = 64;
    field.position = {FileId{0}, static_cast<uint32_t>(10 + offset_bits / 64), 3};
    return field;
  }

  void use(SymbolId object, uint32_t line, SourceAccess access) {
    AccessSite& site = facts_.accesses.emplace_back();
    site.object = object;
    site.position = {FileId{0}, line, 5};
    site.access = access;
  }

  static LineAccess access(ThreadId thread, uint32_t offset, uint32_t line) {
    LineAccess access{.thread = thread, .offset = offset, .size = 8, .samples = 20};
    access.kind = AccessKind::kReadWrite;
    access.location = {"/usr/include/c++/12/bits/atomic_base.h", 7, 0, "fetch_add"};
    access.callers = {{FrameId{}, 20, {"/build/src/table.cc", line, 0, "count"}}};
    return access;
  }

  std::vector<DataObject> guessed() const {
    std::vector<LineProfile> lines = profile_.lines;
    guess_line_names(facts_, lines);
    return lines[0].objects;
  }

  Profile profile_;
  SourceFacts facts_;
};

TEST_F(LineGuess, IsTheFieldThatTheLineOfCodeUses) {
  const auto objects = guessed();
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].source, NameSource::kGuess);
  EXPECT_EQ(objects[0].display, "Bucket::found");
  EXPECT_EQ(objects[0].address, kLine + 16);
  EXPECT_EQ(objects[1].field, "stored");
  EXPECT_EQ(objects[1].record_offset, 8u);
  EXPECT_EQ(objects[1].declared.line, 11u);
}

TEST_F(LineGuess, GivesTheRunTheIdentityThatTheScanHas) {
  guess_line_names(facts_, profile_.lines);
  const auto lines = shared_lines(profile_, "false-sharing");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].names.record, "Bucket");
  EXPECT_EQ(lines[0].names.name, "Bucket (a guess)");
  EXPECT_EQ(lines[0].names.members, (std::vector<std::string>{"found", "stored"}));
}

TEST_F(LineGuess, IsNoneIfTheLineUsesTwoFieldsOfThatSize) {
  use(SymbolId{2}, 40, SourceAccess::kWrite);
  EXPECT_EQ(guessed().size(), 1u);
}

TEST_F(LineGuess, IsNotDisturbedByReadsAndOtherSizes) {
  use(SymbolId{2}, 40, SourceAccess::kRead);
  facts_.records[0].fields.push_back(field(SymbolId{3}, "is_open", 128));
  facts_.records[0].fields.back().size_bits = 8;
  use(SymbolId{3}, 40, SourceAccess::kWrite);
  EXPECT_EQ(guessed().size(), 2u);
}

TEST_F(LineGuess, IsNoneForElementsBehindAPointer) {
  facts_.accesses[0].element_bytes = 8;
  EXPECT_EQ(guessed().size(), 1u);
}

TEST_F(LineGuess, IsNoneIfCallersDisagree) {
  profile_.lines[0].accesses[0].callers.push_back(profile_.lines[0].accesses[1].callers[0]);
  EXPECT_EQ(guessed().size(), 1u);
}

TEST_F(LineGuess, IsNoneInAnotherFile) {
  profile_.lines[0].accesses[0].callers[0].user.file = "/build/other/table.cc";
  EXPECT_EQ(guessed().size(), 1u);
}

TEST_F(LineGuess, LeavesNamesThatAreKnown) {
  DataObject known{.source = NameSource::kLiveVariable, .variable = "b", .address = kLine};
  known.size = 64;
  profile_.lines[0].objects = {known};
  EXPECT_EQ(guessed().size(), 1u);
}

}  // namespace
}  // namespace quarrel
