// Which source line does an instruction come from?
#pragma once

#include "model/profile.h"
#include "resolve/debug_info.h"

namespace quarrel {

/// File, line and column of the instruction at an ELF virtual address (no function name). The file
/// is empty if the line table has no row for it, or only line 0 (made by the compiler).
CodeLocation source_line(const DwarfUnit& unit, uint64_t address);

/// Where an inlined function was called from, by its DW_AT_call_file and DW_AT_call_line.
CodeLocation call_site(const DwarfUnit& unit, Dwarf_Die& inlined);

}  // namespace quarrel
