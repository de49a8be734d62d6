// How does a test get the table of functions of a Go program that there is not?
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "resolve/go_table.h"

namespace quarrel {

inline constexpr uint32_t kGo116 = 0xfffffffa;
inline constexpr uint32_t kGo118 = 0xfffffff0;
inline constexpr uint32_t kGo120 = 0xfffffff1;
inline constexpr uint64_t kText = 0x401000;

template <class T>
inline void put(std::vector<uint8_t>& bytes, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
}

inline uint32_t put_text(std::vector<uint8_t>& bytes, const std::string& text) {
  const auto offset = static_cast<uint32_t>(bytes.size());
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.push_back(0);
  return offset;
}

/// Pairs of a value and how many bytes of code it holds for.
inline uint32_t put_values(std::vector<uint8_t>& bytes,
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

/// The second function of the table.
struct MadeIdle {
  std::string name = "main.idle";
  uint8_t flags = 0;
};

/// main.work from kText to kText + 0x40: line 7, then what sync.(*RWMutex).RLock has in line 63,
/// called in line 8, then line 9. Its frame has 0x18 bytes from kText + 4 to kText + 0x3c. Behind
/// it main.idle, 0x40 bytes without lines, with the name and the flags of `made_idle`.
class MadeTable {
 public:
  explicit MadeTable(uint32_t magic, const MadeIdle& made_idle = {}) : magic_(magic) {
    values_.push_back(0);  // offset 0 is no table
    const uint32_t work = put_text(names_, "main.work");
    const uint32_t lock = put_text(names_, "sync.(*RWMutex).RLock");
    const uint32_t idle = put_text(names_, made_idle.name);
    put(units_, put_text(files_, "/src/main.go"));
    put(units_, put_text(files_, "/go/src/sync/rwmutex.go"));
    const uint32_t files = put_values(values_, {{0, 0x10}, {1, 0x10}, {0, 0x20}});
    const uint32_t lines = put_values(values_, {{7, 0x0f}, {8, 1}, {60, 8}, {63, 8}, {9, 0x20}});
    const uint32_t inlined = put_values(values_, {{-1, 0x10}, {0, 0x10}, {-1, 0x20}});
    const uint32_t stack = put_values(values_, {{0, 4}, {0x18, 0x38}, {0, 4}});
    const uint64_t width = is_116() ? 8 : 4;
    const uint64_t first_record = 5 * width;
    put_record(kText, {work, stack, files, lines, inlined, 0});
    const uint64_t second_record = first_record + records_.size();
    put_record(kText + 0x40, {idle, 0, 0, 0, 0, made_idle.flags});
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

  struct Record {
    uint32_t name, stack, files, lines, inlined;
    uint8_t flags;
  };

  void put_record(uint64_t address, const Record& record) {
    if (is_116())
      put(records_, address);
    else
      put(records_, static_cast<uint32_t>(address - kText));
    // name, args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset
    for (const uint32_t field :
         {record.name, 0u, 0u, record.stack, record.files, record.lines, 3u, 0u})
      put(records_, field);
    if (magic_ == kGo120) put<uint32_t>(records_, 5);
    for (const uint8_t byte : {uint8_t{0}, record.flags, uint8_t{0}, uint8_t{4}})
      records_.push_back(byte);
    for (const uint32_t field : {0u, 0u, record.inlined}) put(records_, field);
    if (is_116()) return;
    const uint32_t none = ~0u;
    for (const uint32_t field : {none, none, none, record.inlined != 0 ? 0u : none})
      put(records_, field);
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

}  // namespace quarrel
