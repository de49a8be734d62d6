// What did a register hold a few instructions before the sample, and which address follows?
#include "resolve/effective_address.h"

#include <algorithm>
#include <cstring>

namespace quarrel {
namespace {

constexpr uint32_t bit(uint8_t number) {
  return 1u << number;
}

/// The lowest `width` bytes of `value`, extended to 64 bits.
uint64_t extended(uint64_t value, uint8_t width, bool is_signed) {
  if (width >= 8 || width == 0) return value;
  const unsigned unused = 64 - 8u * width;
  const uint64_t shifted = value << unused;
  return is_signed ? static_cast<uint64_t>(static_cast<int64_t>(shifted) >> unused)
                   : shifted >> unused;
}

uint64_t scaled_index(const MemoryOperand& operand, const RegisterState& state) {
  const uint64_t index = state.values[operand.index];
  return extended(index, operand.index_width, operand.is_index_signed) * operand.scale;
}

const MemoryOperand* source_operand(const Instruction& instruction) {
  return instruction.operand_count > 0 ? &instruction.operands[0] : nullptr;
}

std::optional<uint64_t> register_value(const RegisterState& state, uint8_t number) {
  if (!state.knows(number)) return std::nullopt;
  return state.values[number];
}

/// What a lea or an immediate or register source yields, without looking at memory.
std::optional<uint64_t> computed_source(const Instruction& instruction, const RegisterState& state,
                                        uint64_t bias) {
  const RegisterEffect& effect = instruction.effect;
  switch (effect.source) {
    case EffectSource::kImmediate:
      return static_cast<uint64_t>(effect.immediate);
    case EffectSource::kRegister: {
      const auto value = register_value(state, effect.source_register);
      if (!value) return std::nullopt;
      return extended(*value, effect.source_width, effect.is_sign_extended);
    }
    case EffectSource::kAddress: {
      const MemoryOperand* operand = source_operand(instruction);
      return operand != nullptr ? effective_address(*operand, state, bias) : std::nullopt;
    }
    case EffectSource::kLoad:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<uint64_t> source_value(const Instruction& instruction, const RegisterState& state,
                                     const LoadedValues& memory, uint64_t bias) {
  const RegisterEffect& effect = instruction.effect;
  if (effect.source != EffectSource::kLoad) return computed_source(instruction, state, bias);
  const MemoryOperand* operand = source_operand(instruction);
  if (operand == nullptr || operand->size == 0 || operand->size > 8) return std::nullopt;
  const auto address = effective_address(*operand, state, bias);
  if (!address) return std::nullopt;
  const auto width = static_cast<uint8_t>(operand->size);
  const auto value = memory.load(*address, width);
  if (!value) return std::nullopt;
  return extended(*value, width, effect.is_sign_extended);
}

std::optional<uint64_t> result_of(const RegisterEffect& effect, std::optional<uint64_t> old,
                                  uint64_t source) {
  if (effect.op == EffectOp::kMove) return source;
  if (!old) return std::nullopt;
  switch (effect.op) {
    case EffectOp::kAdd:
      return *old + source;
    case EffectOp::kSubtract:
      return *old - source;
    case EffectOp::kShiftLeft:
      return *old << (source & (effect.width == 8 ? 63 : 31));
    case EffectOp::kMove:
    case EffectOp::kOpaque:
      return std::nullopt;
  }
  return std::nullopt;
}

/// lea r, [r + constant] is an addition in disguise.
std::optional<uint64_t> undo_lea(const Instruction& instruction, const RegisterState& after) {
  const uint8_t target = instruction.effect.target;
  const MemoryOperand* operand = source_operand(instruction);
  if (operand == nullptr || operand->base != target || !operand->is_known) return std::nullopt;
  uint64_t added = static_cast<uint64_t>(operand->displacement);
  if (operand->index != kNoRegister) {
    if (operand->index == target || !after.knows(operand->index)) return std::nullopt;
    added += scaled_index(*operand, after);
  }
  return after.values[target] - added;
}

/// The value of the target before the instruction, where the operation can be inverted. Only 64-bit
/// operations can: a 32-bit one has thrown the upper half away.
std::optional<uint64_t> inverse(const Instruction& instruction, const RegisterState& after) {
  const RegisterEffect& effect = instruction.effect;
  if (effect.width != 8 || !after.knows(effect.target)) return std::nullopt;
  if (effect.op == EffectOp::kMove && effect.source == EffectSource::kAddress)
    return undo_lea(instruction, after);
  if (effect.op != EffectOp::kAdd && effect.op != EffectOp::kSubtract) return std::nullopt;
  if (effect.source == EffectSource::kRegister && effect.source_register == effect.target)
    return std::nullopt;
  const auto source = computed_source(instruction, after, 0);
  if (!source) return std::nullopt;
  const uint64_t value = after.values[effect.target];
  return effect.op == EffectOp::kAdd ? value - *source : value + *source;
}

bool is_copy(const RegisterEffect& effect) {
  return effect.op == EffectOp::kMove && effect.source == EffectSource::kRegister &&
         effect.width == 8 && effect.source_width == 8 && effect.source_register != effect.target;
}

}  // namespace

void RegisterState::fill_from(const RegisterState& other) {
  for (uint8_t number = 0; number < kGeneralRegisters; ++number)
    if (!knows(number) && other.knows(number)) set(number, other.values[number]);
}

RegisterState sampled_state(const Capture& capture) {
  RegisterState state{.known = bit(kRip) - 1, .fs_base = capture.fs_base};
  std::copy_n(capture.registers.begin(), kRip, state.values.begin());
  return state;
}

std::optional<uint64_t> effective_address(const MemoryOperand& operand, const RegisterState& state,
                                          uint64_t bias) {
  const bool has_segment = operand.is_fs_relative && state.fs_base != 0;
  if (!operand.is_known && !has_segment) return std::nullopt;
  uint64_t address = static_cast<uint64_t>(operand.displacement);
  if (has_segment) address += state.fs_base;
  if (operand.base == kImageBase) {
    address += bias;
  } else if (operand.base != kNoRegister) {
    if (!state.knows(operand.base)) return std::nullopt;
    address += state.values[operand.base];
  }
  if (operand.index != kNoRegister) {
    if (!state.knows(operand.index)) return std::nullopt;
    address += scaled_index(operand, state);
  }
  return address;
}

RegisterState undo(const Instruction& instruction, RegisterState after) {
  RegisterState before = after;
  before.forget(instruction.written);
  if (instruction.stack_delta != 0 && after.knows(kRsp))
    before.set(kRsp, after.values[kRsp] - static_cast<uint64_t>(int64_t{instruction.stack_delta}));
  const RegisterEffect& effect = instruction.effect;
  if (effect.op == EffectOp::kOpaque) return before;
  if (const auto value = inverse(instruction, after)) before.set(effect.target, *value);
  if (is_copy(effect) && !before.knows(effect.source_register) && after.knows(effect.target))
    before.set(effect.source_register, after.values[effect.target]);
  return before;
}

RegisterState replay(const Instruction& instruction, RegisterState before,
                     const LoadedValues& memory, uint64_t bias) {
  RegisterState after = before;
  after.forget(instruction.written);
  if (instruction.stack_delta != 0 && before.knows(kRsp))
    after.set(kRsp, before.values[kRsp] + static_cast<uint64_t>(int64_t{instruction.stack_delta}));
  const RegisterEffect& effect = instruction.effect;
  if (effect.op == EffectOp::kOpaque) return after;
  const auto source = source_value(instruction, before, memory, bias);
  if (!source) return after;
  const auto result = result_of(effect, register_value(before, effect.target), *source);
  if (result) after.set(effect.target, extended(*result, effect.width, false));
  return after;
}

std::optional<uint64_t> captured_value(const Capture& capture, uint64_t address, uint8_t size) {
  if (address < capture.stack_start || size > 8) return std::nullopt;
  const uint64_t offset = address - capture.stack_start;
  if (offset > capture.bytes.size() || size > capture.bytes.size() - offset) return std::nullopt;
  uint64_t value = 0;
  std::memcpy(&value, capture.bytes.data() + offset, size);
  return value;
}

}  // namespace quarrel
