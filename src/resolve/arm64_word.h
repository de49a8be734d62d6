// Where in an aarch64 instruction does a field stand?
#pragma once

#include <cstdint>

#include "resolve/instruction.h"

namespace quarrel {

/// An instruction as one number. Fields are named by their bits, as the Arm Architecture Reference
/// Manual (DDI 0487) has them in chapter C4, "A64 Instruction Set Encoding".
struct Arm64Word {
  uint32_t value = 0;
  uint64_t address = 0;

  constexpr uint32_t bits(unsigned high, unsigned low) const {
    return value >> low & ((uint32_t{2} << (high - low)) - 1);
  }
  constexpr bool bit(unsigned place) const { return (value >> place & 1) != 0; }
  constexpr int64_t signed_bits(unsigned high, unsigned low) const {
    const unsigned unused = 31 - high;
    return static_cast<int32_t>(value << unused) >> (unused + low);
  }

  constexpr uint8_t first() const { return static_cast<uint8_t>(bits(4, 0)); }    ///< Rd or Rt
  constexpr uint8_t base() const { return static_cast<uint8_t>(bits(9, 5)); }     ///< Rn
  constexpr uint8_t index() const { return static_cast<uint8_t>(bits(20, 16)); }  ///< Rm or Rs
};

/// Number 31 is the stack pointer in some fields, and in the others no register: it reads as zero.
inline constexpr uint8_t kArm64Zero = 31;

constexpr uint8_t arm64_register(uint8_t field) {
  return field == kArm64Zero ? kNoRegister : field;
}

/// The set with this one register; empty for the zero register.
constexpr uint32_t arm64_register_set(uint8_t field) {
  return field == kArm64Zero ? 0 : 1u << field;
}

}  // namespace quarrel
