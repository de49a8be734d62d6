// What does one x86-64 instruction do to memory and to the general registers?
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "resolve/x86_function.h"

namespace quarrel {

/// Decodes the instruction at the first byte of `code`, which stands at `address`; nullopt if the
/// bytes are no instruction.
std::optional<X86Instruction> decode_instruction(std::span<const uint8_t> code, uint64_t address);

}  // namespace quarrel
