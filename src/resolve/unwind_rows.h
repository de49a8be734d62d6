// How do the unwind instructions of a file become a table in which one search finds a rule?
//
// DWARF describes callers by a small program for each function (DWARF 5, 6.4.2). It is run once for
// each file; what a stack walk needs of the result is the CFA, the return address, rbp and rbx. A
// large C++ library has a million rows and a few hundred different rules.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/unwind_table.h"
#include "resolve/eh_frame.h"

namespace quarrel {

/// A piece of code of which something else than .eh_frame tells the rule.
struct RuledCode {
  CodeRange range;
  UnwindRule rule;
};

/// The table of the bytes of an .eh_frame section that is loaded at `address`, and of `others`. The
/// bytes are untrusted: entries that are damaged have no rows, instructions that are not known end
/// those of their entry as inexpressible.
UnwindTable build_unwind_table(std::span<const uint8_t> eh_frame, uint64_t address,
                               std::span<const RuledCode> others = {});

/// The rule at an address of the file; one with kNoRow outside of the table.
const UnwindRule& rule_at(const UnwindTable& table, uint64_t address);

}  // namespace quarrel
