// How is the caller of every instruction of a file found, in eight bytes a row?
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace quarrel {

/// How the canonical frame address (CFA: the stack pointer before the call) is computed.
enum class CfaBase : uint8_t {
  kNoRow,          ///< the unwind tables say nothing about this code
  kOutermost,      ///< there is no caller
  kInexpressible,  ///< there is a rule, but not one of those below
  kRegister,       ///< register + offset
  kMemory,         ///< the word at register + offset
  kMemoryPlus8,    ///< eight more than that word: assembly code that saved rsp, then aligned it
  kLazyStub,       ///< rsp + 8, and 8 more from byte `offset` of every 16 on (.plt)
};

/// Where the caller's value of a register stands.
enum class SavedIn : uint8_t {
  kUnchanged,   ///< in the register itself
  kAtCfa,       ///< at CFA + offset
  kAtRbp,       ///< at rbp + offset
  kAtRsp,       ///< at rsp + offset
  kInRegister,  ///< in the register whose DWARF number is `offset`
  kUnknown,     ///< lost, or by a rule that is none of these
};

/// All of one row. Callers' values of other registers than rsp, rbp and rbx are not followed: of 8
/// libraries measured, no CFA needs them above the innermost frame.
struct UnwindRule {
  CfaBase cfa_base = CfaBase::kNoRow;
  uint8_t cfa_register = 0;  ///< DWARF number
  uint8_t is_signal_frame = 0;
  SavedIn return_address = SavedIn::kAtCfa;
  SavedIn rbp = SavedIn::kUnchanged;
  SavedIn rbx = SavedIn::kUnchanged;
  int16_t return_offset = 0;
  int16_t rbp_offset = 0;
  int16_t rbx_offset = 0;
  int32_t cfa_offset = 0;

  auto operator<=>(const UnwindRule&) const = default;
};
static_assert(sizeof(UnwindRule) == 16);

/// Valid from here up to the next row.
struct UnwindRow {
  uint32_t offset = 0;  ///< from UnwindTable::base
  uint16_t rule = 0;    ///< index into UnwindTable::rules
  uint16_t unused = 0;

  bool operator==(const UnwindRow&) const = default;
};
static_assert(sizeof(UnwindRow) == 8);

/// Of one build of one file; addresses are those within the file. Sorted by offset, adjacent rows
/// differ, and the last one has the rule kNoRow.
struct UnwindTable {
  uint64_t base = 0;
  std::vector<UnwindRow> rows;
  std::vector<UnwindRule> rules;
  uint64_t inexpressible_rows = 0;

  bool operator==(const UnwindTable&) const = default;
};

/// Where a table holds in the target: executable code at [start, end).
struct MappedUnwindTable {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t first_address = 0;  ///< of the target, where a row with offset 0 would begin
  std::shared_ptr<const UnwindTable> table;
};

}  // namespace quarrel
