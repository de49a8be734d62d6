// What does one x86-64 instruction do to memory and to the general registers?
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "resolve/instruction.h"

namespace quarrel {

/// Decodes the instruction at the first byte of `code`, which stands at `address`; nullopt if the
/// bytes are no instruction.
std::optional<Instruction> decode_x86(std::span<const uint8_t> code, uint64_t address);

}  // namespace quarrel
