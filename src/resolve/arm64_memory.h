// What does an aarch64 load or store do to memory and to the general registers?
#pragma once

#include "resolve/arm64_word.h"
#include "resolve/instruction.h"

namespace quarrel {

/// Adds to `result` what a word of the group "Loads and Stores" does; false if it is not allocated
/// (not all reserved bits are looked at), or of an extension that is not decoded (memory tags,
/// copies of whole blocks, 128-bit atomics).
bool decode_arm64_memory(const Arm64Word& word, Instruction& result);

}  // namespace quarrel
