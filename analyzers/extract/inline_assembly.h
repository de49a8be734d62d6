// Which operands of an inline assembly statement lie in memory, and what does it do to them?
#pragma once

#include <string>
#include <vector>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

struct AssemblyOperand {
  CXCursor expression{};
  bool is_output = false;
  bool is_memory = false;   ///< the expression denotes memory that the instructions access
  bool is_pointer = false;  ///< a register that holds the address of such memory
  SourceAccess access = SourceAccess::kRead;
};

/// A GNU asm statement. libclang shows its operands, but neither template nor constraints: those
/// are read from the tokens, in the definition of the macro that brings them if there is one.
struct InlineAssembly {
  std::vector<AssemblyOperand> operands;
  MemoryOrder order = MemoryOrder::kUnknown;  ///< of accesses to memory
  bool pauses = false;
};

InlineAssembly inline_assembly(CXCursor statement);

}  // namespace quarrel
