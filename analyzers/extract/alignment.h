// Which alignment does a declaration ask for, and in which words?
#pragma once

#include <clang-c/Index.h>

#include <cstdint>
#include <string>

#include "extract/constant_text.h"

namespace quarrel {

struct Alignment {
  uint64_t bytes = 0;  ///< 0: none asked for; 1: asked for, value unknown
  std::string text;    ///< operand as written; the invocation if a macro hides the attribute
};

/// The strictest alignas or aligned attribute of a field, variable, record or typedef.
Alignment alignment_of(CXCursor declaration, ConstantText& constants);

/// What must have been asked for if only the result shows: the strictest alignment that a field at
/// `offset_bits` of a record with this alignment can have.
uint64_t inferred_alignment(uint64_t offset_bits, uint64_t record_align_bytes);

}  // namespace quarrel
