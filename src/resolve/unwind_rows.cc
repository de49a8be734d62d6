// How do the unwind instructions of a file become a table in which one search finds a rule?
#include "resolve/unwind_rows.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "model/capture.h"
#include "resolve/cfi_program.h"

namespace quarrel {
namespace {

constexpr size_t kMaxRules = std::numeric_limits<uint16_t>::max();

template <class Small>
bool fits(int64_t value) {
  return value >= std::numeric_limits<Small>::min() && value <= std::numeric_limits<Small>::max();
}

/// False if the rule cannot be kept; then it is kUnknown.
bool store(const SavedRule& from, SavedIn& place, int16_t& offset) {
  const bool has_offset = from.place != SavedIn::kUnchanged && from.place != SavedIn::kUnknown;
  const bool is_kept = !has_offset || fits<int16_t>(from.offset);
  place = is_kept ? from.place : SavedIn::kUnknown;
  offset = is_kept && has_offset ? static_cast<int16_t>(from.offset) : int16_t{0};
  return place != SavedIn::kUnknown;
}

/// A row takes the CFA for the caller's rsp. A signal frame says the same in other words: CFA and
/// rsp are the same word of memory.
bool cfa_is_stack_pointer(const CfiState& state) {
  if (state.rsp.place == SavedIn::kAtCfa && state.rsp.offset == 0) return true;
  return state.cfa_base == CfaBase::kMemory && state.cfa_register == kRsp &&
         state.rsp.place == SavedIn::kAtRsp && state.rsp.offset == state.cfa_offset;
}

UnwindRule rule_of(const CfiState& state, bool is_signal_frame) {
  UnwindRule rule;
  if (state.is_outermost) {
    rule.cfa_base = CfaBase::kOutermost;
    return rule;
  }
  rule.cfa_base = CfaBase::kInexpressible;
  const bool has_cfa = state.cfa_base != CfaBase::kInexpressible && state.cfa_register < kRip &&
                       fits<int32_t>(state.cfa_offset) && cfa_is_stack_pointer(state);
  UnwindRule full;
  const bool has_return = store(state.return_address, full.return_address, full.return_offset) &&
                          full.return_address != SavedIn::kUnchanged;
  if (!has_cfa || !has_return) return rule;
  full.cfa_base = state.cfa_base;
  full.cfa_register = static_cast<uint8_t>(state.cfa_register);
  full.cfa_offset = static_cast<int32_t>(state.cfa_offset);
  full.is_signal_frame = is_signal_frame ? 1 : 0;
  store(state.rbp, full.rbp, full.rbp_offset);
  store(state.rbx, full.rbx, full.rbx_offset);
  return full;
}

/// The rows of one function, in the order of its addresses.
struct Piece {
  CodeRange range;
  size_t first_row = 0;
  size_t row_count = 0;
};

class TableBuilder {
 public:
  explicit TableBuilder(uint64_t section) : section_(section) {
    no_row_ = index_of({});
    inexpressible_ = index_of({.cfa_base = CfaBase::kInexpressible});
  }

  void add(const CommonEntry& common, const FunctionEntry& function) {
    auto [program, is_new] = programs_.try_emplace(common.offset, common, section_);
    const size_t first = rows_.size();
    program->second.run(function, [&](uint64_t address, const CfiState& state) {
      if (address < function.range.end)
        rows_.push_back({address, index_of(rule_of(state, common.is_signal_frame))});
    });
    pieces_.push_back({function.range, first, rows_.size() - first});
  }

  void add(const RuledCode& code) {
    rows_.push_back({code.range.start, index_of(code.rule)});
    pieces_.push_back({code.range, rows_.size() - 1, 1});
  }

  UnwindTable take() {
    std::stable_sort(pieces_.begin(), pieces_.end(),
                     [](const Piece& a, const Piece& b) { return a.range.start < b.range.start; });
    if (!pieces_.empty()) table_.base = pieces_.front().range.start;
    uint64_t end = 0;
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const bool is_last = i + 1 == pieces_.size();
      if (i > 0 && end < pieces_[i].range.start) append(end, no_row_);
      end = is_last ? pieces_[i].range.end
                    : std::min(pieces_[i].range.end, pieces_[i + 1].range.start);
      append_piece(pieces_[i], end);
    }
    if (!pieces_.empty()) append(table_.base + std::min(end - table_.base, kMaxOffset), no_row_);
    return std::move(table_);
  }

 private:
  struct WideRow {
    uint64_t address = 0;
    uint16_t rule = 0;
  };
  struct RuleHash {
    size_t operator()(const UnwindRule& rule) const {
      constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio
      uint64_t words[2];
      static_assert(sizeof words == sizeof rule);
      __builtin_memcpy(words, &rule, sizeof words);
      const uint64_t mixed = (words[0] * kOdd) ^ words[1];
      return (mixed * kOdd) ^ (mixed >> 32);
    }
  };
  static constexpr uint64_t kMaxOffset = std::numeric_limits<uint32_t>::max();

  /// Of functions that overlap, the one that begins later has the common part.
  void append_piece(const Piece& piece, uint64_t end) {
    for (size_t i = 0; i < piece.row_count; ++i) {
      const WideRow& row = rows_[piece.first_row + i];
      if (row.address < end) append(row.address, row.rule);
    }
  }

  void append(uint64_t address, uint16_t rule) {
    const uint64_t offset = address - table_.base;
    auto& rows = table_.rows;
    if (offset > kMaxOffset) return;
    if (!rows.empty() && rows.back().rule == rule) return;
    if (table_.rules[rule].cfa_base == CfaBase::kInexpressible) ++table_.inexpressible_rows;
    rows.push_back({static_cast<uint32_t>(offset), rule});
  }

  uint16_t index_of(const UnwindRule& rule) {
    const auto known = indexes_.find(rule);
    if (known != indexes_.end()) return known->second;
    if (table_.rules.size() >= kMaxRules) return inexpressible_;
    const auto index = static_cast<uint16_t>(table_.rules.size());
    table_.rules.push_back(rule);
    indexes_.emplace(rule, index);
    return index;
  }

  uint64_t section_;
  uint16_t no_row_ = 0;
  uint16_t inexpressible_ = 0;
  std::map<uint64_t, CfiProgram> programs_;  // by offset of the CIE
  std::vector<WideRow> rows_;
  std::vector<Piece> pieces_;
  std::unordered_map<UnwindRule, uint16_t, RuleHash> indexes_;
  UnwindTable table_;
};

}  // namespace

UnwindTable build_unwind_table(std::span<const uint8_t> eh_frame, uint64_t address,
                               std::span<const RuledCode> others) {
  TableBuilder builder(address);
  visit_functions(eh_frame, address, [&](const CommonEntry& common, const FunctionEntry& function) {
    builder.add(common, function);
  });
  for (const RuledCode& code : others) builder.add(code);
  return builder.take();
}

const UnwindRule& rule_at(const UnwindTable& table, uint64_t address) {
  static constexpr UnwindRule kNoRule;
  if (address < table.base) return kNoRule;
  const uint64_t offset = address - table.base;
  const auto after =
      std::upper_bound(table.rows.begin(), table.rows.end(), offset,
                       [](uint64_t wanted, const UnwindRow& row) { return wanted < row.offset; });
  return after == table.rows.begin() ? kNoRule : table.rules[std::prev(after)->rule];
}

}  // namespace quarrel
