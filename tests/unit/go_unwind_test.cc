// Are stacks through Go code followed to their start, by the table of Go's runtime?
#include "resolve/go_unwind.h"

#include <gtest/gtest.h>

#include <cstring>

#include "model/capture.h"
#include "resolve/go_program.h"
#include "resolve/module_unwind.h"
#include "resolve/unwinder.h"
#include "unit/made_go_table.h"

namespace quarrel {
namespace {

constexpr uint8_t kTop = 1, kMoves = 2;

UnwindTable rows_of(const MadeTable& made) {
  return build_unwind_table({}, 0, go_unwind_rules(*GoTable::parse(made.bytes())));
}

TEST(GoUnwind, FindsTheCallerAtEveryInstruction) {
  for (const uint32_t magic : {kGo116, kGo118, kGo120}) {
    const UnwindTable table = rows_of(MadeTable(magic, {"runtime.goexit", kTop}));
    for (uint64_t offset = 0; offset < 0x40; ++offset) {
      const UnwindRule& rule = rule_at(table, kText + offset);
      EXPECT_EQ(rule.cfa_base, CfaBase::kRegister);
      EXPECT_EQ(rule.cfa_register, kRsp);
      EXPECT_EQ(rule.cfa_offset, offset >= 4 && offset < 0x3c ? 0x20 : 8) << offset;
      EXPECT_EQ(rule.return_offset, -8);
      EXPECT_EQ(rule.is_signal_frame, 0);
    }
    EXPECT_EQ(rule_at(table, kText + 0x40).cfa_base, CfaBase::kOutermost);
    EXPECT_EQ(rule_at(table, kText + 0x80).cfa_base, CfaBase::kNoRow);
  }
}

/// What main.work and a function of that name and those flags have.
CfaBase base_of(const std::string& name, uint8_t flags) {
  return rule_at(rows_of(MadeTable(kGo120, {name, flags})), kText + 0x41).cfa_base;
}

TEST(GoUnwind, EndsWhereTheRuntimeComesFromAnotherStack) {
  EXPECT_EQ(base_of("runtime.mstart", kTop), CfaBase::kOutermost);
  EXPECT_EQ(base_of("runtime.systemstack", kTop | kMoves), CfaBase::kOutermost);
}

TEST(GoUnwind, DoesNotGuessWhereAssemblyAlignedItsStack) {
  EXPECT_EQ(base_of("crypto/sha256.block", kMoves), CfaBase::kNoRow);
}

TEST(GoUnwind, HasNoRulesIfNoFunctionIsSaidToBeTheOutermost) {
  EXPECT_TRUE(rows_of(MadeTable(kGo116)).rows.empty());
}

const std::string kSample = GO_SAMPLE;

/// Addresses of the sample, linked where it runs.
class Sample {
 public:
  Sample() : file_(std::move(*ElfFile::open(kSample + "_s"))), table_(*read_go_table(*file_)) {}

  /// A place in the function, and how far its return address is from the stack pointer there.
  struct Place {
    uint64_t pc = 0;
    uint64_t bytes = 0;
  };

  /// Where the frame is set up, if it `has_frame`, else at the entry.
  Place place_in(std::string_view name, bool has_frame) const {
    for (size_t i = 0; i < table_.size(); ++i) {
      if (table_.function(i).name != name) continue;
      uint64_t start = table_.function(i).address;
      for (const GoFrame::Step& step : table_.frame(i).steps) {
        if ((step.bytes > 0) == has_frame) return {start + 1, step.bytes};
        start = step.end;
      }
    }
    ADD_FAILURE() << "no such place in " << name;
    return {};
  }

  Recording recording() const {
    Recording recording;
    recording.modules.push_back({.path = kSample + "_s"});
    for (const LoadSegment& segment : file_->segments())
      if (segment.is_executable)
        recording.mappings.push_back({.start = segment.virtual_address,
                                      .end = segment.virtual_address + segment.file_size,
                                      .file_offset = segment.file_offset,
                                      .module = ModuleId{0},
                                      .is_executable = true});
    return recording;
  }

 private:
  std::unique_ptr<ElfFile> file_;
  GoTable table_;
};

/// As if each place had called the one before it.
Capture stack_of(const std::vector<Sample::Place>& places) {
  constexpr uint64_t kStack = 0xc000100000;
  constexpr uint64_t kWord = 8;
  Capture capture;
  capture.stack_start = kStack;
  capture.registers[kRip] = places[0].pc;
  capture.registers[kRsp] = kStack;
  for (size_t i = 0; i + 1 < places.size(); ++i) {
    const size_t place = capture.bytes.size() + places[i].bytes;
    capture.bytes.resize(place + kWord, 0xcc);
    std::memcpy(&capture.bytes[place], &places[i + 1].pc, kWord);
  }
  return capture;
}

void expect_whole_stack(const Sample& sample, bool has_frame) {
  const std::vector<Sample::Place> places{
      sample.place_in("main.workFor", has_frame), sample.place_in("main.slowHolder", true),
      sample.place_in("main.start.func1", true), sample.place_in("runtime.goexit", false)};
  const Recording recording = sample.recording();
  Unwinder unwinder(recording, "", 0);
  const Unwound unwound = unwinder.unwind(stack_of(places));
  EXPECT_EQ(unwound.status, StackStatus::kComplete);
  ASSERT_EQ(unwound.calls.size(), places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(unwound.calls[i].pc, places[i].pc);
    EXPECT_EQ(unwound.calls[i].is_return_address, i > 0);
  }
  EXPECT_EQ(unwinder.counts().compared, 1u);
  EXPECT_EQ(unwinder.counts().different, 0u) << "libdw does not know Go code";
}

TEST(GoUnwind, FollowsAStackToTheStartOfItsGoroutine) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const Sample sample;
  expect_whole_stack(sample, true);
}

TEST(GoUnwind, FollowsAStackFromWhereAFunctionHasJustBeenEntered) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const Sample sample;
  expect_whole_stack(sample, false);
}

TEST(GoUnwind, OfAnInterruptedInstructionIsThatOfThisInstruction) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const auto file = ElfFile::open(kSample + "_s");
  const UnwindTable rows = read_unwind_table(**file);
  const Sample sample;
  EXPECT_EQ(rule_at(rows, sample.place_in("runtime.asyncPreempt", true).pc).is_signal_frame, 1);
  EXPECT_EQ(rule_at(rows, sample.place_in("runtime.newstack", true).pc).is_signal_frame, 0);
}

}  // namespace
}  // namespace quarrel
