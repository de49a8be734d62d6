// At which offset do the bases of a record lie?
#pragma once

#include <string_view>

#include "model/source_facts.h"

namespace quarrel {

/// The compiler flags that make clang print each layout that it computes on stdout: libclang 19 has
/// no call for the offset of a base (clang_getOffsetOfBase came with 20).
inline constexpr const char* kLayoutDumpFlags[] = {"-Xclang", "-fdump-record-layouts-simple"};

/// Fills SourceBase::offset_bits from the text that clang printed. Records are matched by name and
/// size; one whose name is printed with two different layouts (local types) is left alone, and so
/// is one that is not printed: then has_layout becomes false if its bases hold data.
void apply_base_offsets(SourceFacts& facts, std::string_view dump);

}  // namespace quarrel
