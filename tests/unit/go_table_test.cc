// Does Go's table of functions give names, lines and inlined calls, and nothing at all if damaged?
#include "resolve/go_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "unit/made_go_table.h"

namespace quarrel {
namespace {

std::string text_of(const std::vector<CodeLocation>& locations) {
  std::string text;
  for (const CodeLocation& one : locations)
    text += one.function + " " + one.file + ":" + std::to_string(one.line) + "; ";
  return text;
}

TEST(GoTable, NamesFunctionsOfAllFormats) {
  for (const uint32_t magic : {kGo116, kGo118, kGo120}) {
    const auto table = GoTable::parse(MadeTable(magic).bytes());
    ASSERT_TRUE(table) << std::hex << magic;
    ASSERT_EQ(table->size(), 2u);
    EXPECT_EQ(table->function(0).name, "main.work");
    EXPECT_EQ(table->function(0).address, kText);
    EXPECT_EQ(table->function(0).size, 0x40u);
    EXPECT_EQ(table->function(1).name, "main.idle");
    EXPECT_EQ(text_of(table->locations_at(kText + 3)), "main.work /src/main.go:7; ");
    EXPECT_EQ(text_of(table->locations_at(kText + 0x3f)), "main.work /src/main.go:9; ");
    EXPECT_EQ(text_of(table->locations_at(kText + 0x41)), "main.idle :0; ");
  }
}

TEST(GoTable, NamesNothingOutsideOfItsFunctions) {
  const auto table = GoTable::parse(MadeTable(kGo120).bytes());
  ASSERT_TRUE(table);
  EXPECT_TRUE(table->locations_at(kText - 1).empty());
  EXPECT_TRUE(table->locations_at(kText + 0x80).empty());
  EXPECT_TRUE(table->locations_at(0).empty());
  EXPECT_TRUE(table->locations_at(UINT64_MAX).empty());
}

TEST(GoTable, TellsWhatWasInlinedAndWhereItWasCalled) {
  for (const uint32_t magic : {kGo118, kGo120}) {
    const auto table = GoTable::parse(MadeTable(magic).bytes());
    ASSERT_TRUE(table);
    EXPECT_EQ(text_of(table->locations_at(kText + 0x19)),
              "sync.(*RWMutex).RLock /go/src/sync/rwmutex.go:63; main.work /src/main.go:8; ");
  }
}

TEST(GoTable, ShowsNoLineOfAnInlinedFunctionThatIsNotKnown) {
  GoTableBytes bytes = MadeTable(kGo120).bytes();
  bytes.function_data.clear();
  EXPECT_EQ(text_of(GoTable::parse(bytes)->locations_at(kText + 0x19)), "main.work :0; ");
  EXPECT_EQ(text_of(GoTable::parse(MadeTable(kGo116).bytes())->locations_at(kText + 0x19)),
            "main.work :0; ");
}

TEST(GoTable, EndsAtInlinedCallsThatGoRoundInCircles) {
  GoTableBytes bytes = MadeTable(kGo120).bytes();
  bytes.function_data[8] = 0x19;  // it was called in itself
  const auto locations = GoTable::parse(bytes)->locations_at(kText + 0x19);
  EXPECT_EQ(locations.back().function, "main.work");
  EXPECT_EQ(locations.back().line, 0u);
}

std::string text_of(const GoFrame& frame) {
  std::string text;
  for (const GoFrame::Step& step : frame.steps)
    text += std::to_string(step.bytes) + " to " + std::to_string(step.end - kText) + "; ";
  return text;
}

TEST(GoTable, TellsHowFarTheReturnAddressIs) {
  for (const uint32_t magic : {kGo116, kGo118, kGo120}) {
    const auto table = GoTable::parse(MadeTable(magic).bytes());
    ASSERT_TRUE(table);
    EXPECT_EQ(text_of(table->frame(0)), "0 to 4; 24 to 60; 0 to 64; ");
    EXPECT_EQ(text_of(table->frame(1)), "") << "it has no such values";
  }
}

TEST(GoTable, TellsWhereStacksEnd) {
  constexpr uint8_t kTop = 1, kMoves = 2;
  for (const uint32_t magic : {kGo116, kGo118, kGo120}) {
    const auto top = GoTable::parse(MadeTable(magic, {"runtime.goexit", kTop}).bytes());
    EXPECT_TRUE(top->frame(1).is_outermost);
    EXPECT_FALSE(top->frame(1).moves_stack);
    EXPECT_FALSE(top->frame(0).is_outermost);
    const auto moving = GoTable::parse(MadeTable(magic, {"runtime.mcall", kMoves}).bytes());
    EXPECT_FALSE(moving->frame(1).is_outermost);
    EXPECT_TRUE(moving->frame(1).moves_stack);
  }
}

TEST(GoTable, RefusesOtherFormats) {
  for (const size_t damaged : {0, 4, 5, 6, 7}) {
    GoTableBytes bytes = MadeTable(kGo120).bytes();
    bytes.table[damaged] = 3;
    EXPECT_FALSE(GoTable::parse(bytes)) << damaged;
  }
  GoTableBytes older = MadeTable(kGo120).bytes();
  older.table[0] = 0xfb;  // Go 1.2 to 1.15
  EXPECT_FALSE(GoTable::parse(older));
  EXPECT_FALSE(GoTable::parse({}));
}

TEST(GoTable, RefusesAddressesThatOverflowOrFall) {
  GoTableBytes bytes = MadeTable(kGo120).bytes();
  bytes.text = UINT64_MAX - 0x10;
  EXPECT_FALSE(GoTable::parse(bytes));
  bytes = MadeTable(kGo120).bytes();
  uint64_t functions = 0;
  std::memcpy(&functions, &bytes.table[64], sizeof(functions));
  bytes.table[functions] = 0x41;  // the first function begins behind the second one
  EXPECT_FALSE(GoTable::parse(bytes));
}

void ask_everything(const std::optional<GoTable>& table) {
  if (!table) return;
  for (size_t i = 0; i < table->size(); ++i) {
    (void)table->function(i);
    for (const GoFrame::Step& step : table->frame(i).steps)
      EXPECT_LE(step.end, table->function(i).address + table->function(i).size);
  }
  for (uint64_t address = kText - 1; address <= kText + 0x81; ++address)
    (void)table->locations_at(address);
}

TEST(GoTable, CutAtAnyByteIsReadWithoutHarm) {
  for (const uint32_t magic : {kGo116, kGo118, kGo120}) {
    const GoTableBytes whole = MadeTable(magic).bytes();
    for (size_t size = 0; size < whole.table.size(); ++size) {
      GoTableBytes cut = whole;
      cut.table.resize(size);
      cut.table.shrink_to_fit();
      ask_everything(GoTable::parse(std::move(cut)));
    }
  }
}

TEST(GoTable, WithAnyBytesChangedIsReadWithoutHarm) {
  std::mt19937 random(1);
  for (int variant = 0; variant < 3000; ++variant) {
    GoTableBytes bytes = MadeTable(variant % 3 == 0   ? kGo116
                                   : variant % 3 == 1 ? kGo118
                                                      : kGo120)
                             .bytes();
    for (int i = 0; i <= variant % 8; ++i)
      bytes.table[8 + random() % (bytes.table.size() - 8)] =
          random() % 2 == 0 ? 0xff : static_cast<uint8_t>(random());
    if (variant % 5 == 0) bytes.function_data[random() % bytes.function_data.size()] = 0xff;
    ask_everything(GoTable::parse(std::move(bytes)));
  }
}

}  // namespace
}  // namespace quarrel
