// How is the caller of an instruction of Go code found?
//
// Go's linker writes no .eh_frame. But Go's table tells for every instruction how far the return
// address is from the stack pointer, because the runtime walks stacks by it. That is a rule like
// those of .eh_frame, and as exact.
#pragma once

#include <vector>

#include "resolve/go_table.h"
#include "resolve/unwind_rows.h"

namespace quarrel {

/// In the order of addresses. Goroutines begin at runtime.goexit, threads at runtime.mstart; a
/// stack also ends at code of the runtime that has come from another stack. Empty for Go 1.16,
/// whose table does not tell where stacks end.
std::vector<RuledCode> go_unwind_rules(const GoTable& table);

}  // namespace quarrel
