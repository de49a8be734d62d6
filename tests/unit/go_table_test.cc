// Does Go's table of functions give names, lines and inlined calls, and nothing at all if damaged?
#include "resolve/go_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace quarrel {
namespace {

constexpr uint32_t kGo116 = 0xfffffffa;
constexpr uint32_t kGo118 = 0xfffffff0;
constexpr uint32_t kGo120 = 0xfffffff1;
constexpr uint64_t kText = 0x401000;

template <class T>
void put(std::vector<uint8_t>& bytes, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
}

uint32_t put_text(std::vector<uint8_t>& bytes, const std::string& text) {
  const auto offset = static_cast<uint32_t>(bytes.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.push_back(0);
  return offset;
}

/// Pairs of a value and how many bytes of code it holds for.
uint32_t put_values(std::vector<uint8_t>& bytes,
                    const std::vector<std::pair<int, uint8_t>>& steps) {
  const auto offset = static_cast<uint32_t>(bytes.size());
  int value = -1;
  for (const auto& [next, length] : steps) {
    const int change = next - value;
    bytes.push_back(static_cast<uint8_t>(change < 0 ? ~change << 1 | 1 : change << 1));
    bytes.push_back(length);
    value = next;
  }
  bytes.push_back(0);
  return offset;
}

/// main.work from kText to kText + 0x40: line 7, then what sync.(*RWMutex).RLock has in line 63,
/// called in line 8, then line 9. Behind it main.idle, 0x40 bytes without lines.
class MadeTable {
 public:
  explicit MadeTable(uint32_t magic) : magic_(magic) {
    values_.push_back(0);  // offset 0 is no table
    const uint32_t work = put_text(names_, "main.work");
    const uint32_t lock = put_text(names_, "sync.(*RWMutex).RLock");
    const uint32_t idle = put_text(names_, "main.idle");
    put(units_, put_text(files_, "/src/main.go"));
    put(units_, put_text(files_, "/go/src/sync/rwmutex.go"));
    const uint32_t files = put_values(values_, {{0, 0x10}, {1, 0x10}, {0, 0x20}});
    const uint32_t lines = put_values(values_, {{7, 0x0f}, {8, 1}, {60, 8}, {63, 8}, {9, 0x20}});
    const uint32_t inlined = put_values(values_, {{-1, 0x10}, {0, 0x10}, {-1, 0x20}});
    const uint64_t width = is_116() ? 8 : 4;
    const uint64_t first_record = 5 * width;
    put_record(kText, work, files, lines, inlined);
    const uint64_t second_record = first_record + records_.size();
    put_record(kText + 0x40, idle, 0, 0, 0);
    put_entry(kText, first_record);
    put_entry(kText + 0x40, second_record);
    put_word(is_116() ? kText + 0x80 : 0x80);
    put_inlined_call(lock);
  }

  GoTableBytes bytes() const {
    std::vector<uint8_t> table;
    put(table, magic_);
    for (const uint8_t byte : {0, 0, 1, 8}) table.push_back(byte);
    put<uint64_t>(table, 2);
    put<uint64_t>(table, 2);
    if (!is_116()) put<uint64_t>(table, kText);
    uint64_t offset = is_116() ? 64 : 72;
    for (const auto* part : {&names_, &units_, &files_, &values_, &functions_}) {
      put(table, offset);
      offset += part->size();
    }
    for (const auto* part : {&names_, &units_, &files_, &values_, &functions_, &records_})
      table.insert(table.end(), part->begin(), part->end());
    return {.table = table, .text = is_116() ? 0 : kText, .function_data = function_data_};
  }

 private:
  bool is_116() const { return magic_ == kGo116; }

  void put_word(uint64_t value) {
    if (is_116())
      put(functions_, value);
    else
      put(functions_, static_cast<uint32_t>(value));
  }

  void put_entry(uint64_t address, uint64_t record) {
    put_word(is_116() ? address : address - kText);
    put_word(record);
  }

  void put_record(uint64_t address, uint32_t name, uint32_t files, uint32_t lines,
                  uint32_t inlined) {
    if (is_116())
      put(records_, address);
    else
      put(records_, static_cast<uint32_t>(address - kText));
    // name, args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset
    for (const uint32_t field : {name, 0u, 0u, 0u, files, lines, 3u, 0u}) put(records_, field);
    if (magic_ == kGo120) put<uint32_t>(records_, 5);
    for (const uint8_t byte : {0, 0, 0, 4}) records_.push_back(byte);
    for (const uint32_t field : {0u, 0u, inlined}) put(records_, field);
    if (is_116()) return;
    const uint32_t none = ~0u;
    for (const uint32_t field : {none, none, none, inlined != 0 ? 0u : none}) put(records_, field);
  }

  void put_inlined_call(uint32_t name) {
    if (magic_ == kGo118) {
      for (const uint32_t field : {0xffffu, 0u, 8u, name, 0x0fu}) put(function_data_, field);
    } else {
      for (const uint32_t field : {0u, name, 0x0fu, 50u}) put(function_data_, field);
    }
  }

  uint32_t magic_;
  std::vector<uint8_t> names_, units_, files_, values_, functions_, records_, function_data_;
};

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
  for (size_t i = 0; i < table->size(); ++i) (void)table->function(i);
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
