// What does one aarch64 instruction do to memory and to the general registers?
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "resolve/instruction.h"

namespace quarrel {

/// Decodes the instruction at the first four bytes of `code`, which stand at `address`; nullopt if
/// they are none, or one that is not decoded (SVE, SME, memory tags). Instruction::idiom and
/// ::stored are not filled in: what reads them looks at x86-64 only.
std::optional<Instruction> decode_arm64(std::span<const uint8_t> code, uint64_t address);

}  // namespace quarrel
