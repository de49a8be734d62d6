// What does a DWARF expression yield for one frame of a captured thread?
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "model/capture.h"

namespace quarrel {

/// Registers of one frame; a bit of `known` is set if the register could be recovered.
struct FrameRegisters {
  Registers value{};
  uint32_t known = 0;

  bool is_known(uint64_t number) const {
    return number < kRegisterCount && ((known >> number) & 1) != 0;
  }
  void set(uint64_t number, uint64_t content) {
    value[number] = content;
    known |= 1U << number;
  }
};

/// What an expression may refer to.
struct ExpressionContext {
  const FrameRegisters* registers = nullptr;
  std::optional<uint64_t> frame_base;  ///< DW_OP_fbreg
  std::optional<uint64_t> canonical_frame_address;
  uint64_t bias = 0;  ///< added to DW_OP_addr
  /// Reads `size` bytes (1, 2, 4, 8) of the target, little endian.
  std::function<std::optional<uint64_t>(uint64_t address, unsigned size)> read_memory;
};

/// A value, or the place where it stands.
struct ExpressionResult {
  bool is_address = false;  ///< else `value` is the value itself
  uint64_t value = 0;
};

/// Evaluates; nothing if an operation is not supported, a register is not known or memory was not
/// copied. `pushed` starts the stack (call frame expressions expect the CFA there).
std::optional<ExpressionResult> evaluate(std::span<const Dwarf_Op> operations,
                                         const ExpressionContext& context,
                                         std::optional<uint64_t> pushed = std::nullopt);

}  // namespace quarrel
