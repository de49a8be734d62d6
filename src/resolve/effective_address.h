// What did a register hold a few instructions before the sample, and which address follows?
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/capture.h"
#include "resolve/instruction.h"

namespace quarrel {

/// Register values of which some are known.
struct RegisterState {
  std::array<uint64_t, kGeneralRegisters> values{};  ///< by DWARF number
  uint32_t known = 0;                                ///< set: bit 1 << number
  uint64_t fs_base = 0;                              ///< x86-64; never changes; 0: unknown

  bool knows(uint8_t number) const {
    return number < kGeneralRegisters && (known >> number & 1) != 0;
  }
  void set(uint8_t number, uint64_t value) {
    values[number] = value;
    known |= 1u << number;
  }
  void forget(uint32_t numbers) { known &= ~numbers; }
  /// Takes over what `other` knows and this one does not.
  void fill_from(const RegisterState& other);
};

/// The sampled registers of x86-64: all known.
RegisterState sampled_state(const Capture& capture);

/// The address of `operand`, relative to an image loaded with `bias`; nullopt if a register of it,
/// or the thread pointer that it takes, is unknown.
std::optional<uint64_t> effective_address(const MemoryOperand& operand, const RegisterState& state,
                                          uint64_t bias);

/// From the registers after `instruction`, those before it. What it overwrote beyond recovery
/// becomes unknown.
RegisterState undo(const Instruction& instruction, RegisterState after);

/// Answers what `size` (at most 8) bytes at `address` held when an instruction loaded them.
class LoadedValues {
 public:
  virtual ~LoadedValues() = default;
  virtual std::optional<uint64_t> load(uint64_t address, uint8_t size) const = 0;
};

/// From the registers before `instruction`, those after it.
RegisterState replay(const Instruction& instruction, RegisterState before,
                     const LoadedValues& memory, uint64_t bias);

/// The little-endian value of `size` (at most 8) captured bytes at `address`.
std::optional<uint64_t> captured_value(const Capture& capture, uint64_t address, uint8_t size);

}  // namespace quarrel
