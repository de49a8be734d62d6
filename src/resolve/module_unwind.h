// What does one file say about unwinding its code?
#pragma once

#include <span>
#include <vector>

#include "model/unwind_table.h"
#include "resolve/elf_file.h"
#include "resolve/unwind_rows.h"

namespace quarrel {

/// The table of a file, empty if it has neither .eh_frame nor Go's table of functions, which tells
/// the rules of what .eh_frame does not describe. Static programs call some functions through stubs
/// without unwind information; those whose code is nothing but an indirect jump have rows as well.
UnwindTable read_unwind_table(const ElfFile& file);

/// Stubs `[endbr64] [bnd] jmp *place(%rip)` among `code`, which is loaded at `address`. Up to the
/// end of the jump the stack is as it was at the call.
std::vector<RuledCode> find_jump_stubs(std::span<const uint8_t> code, uint64_t address);

}  // namespace quarrel
