// Is an instruction part of a loop in which a thread does nothing but wait for a lock?
#include "resolve/spin_loops.h"

#include <algorithm>
#include <bit>
#include <span>

namespace quarrel {
namespace {

/// glibc's loop has 3 instructions, unrolled backoff some 20.
constexpr uint32_t kMaxInstructions = 32;
/// A ticket lock polls a word beside the one that it takes.
constexpr uint64_t kNearBytes = 64;

using Instructions = std::span<const Instruction>;

bool is_same_place(const MemoryOperand& a, const MemoryOperand& b) {
  return a.base == b.base && a.index == b.index && a.scale == b.scale &&
         a.displacement == b.displacement;
}

bool is_near(const MemoryOperand& a, const MemoryOperand& b) {
  const uint64_t distance =
      static_cast<uint64_t>(a.displacement) - static_cast<uint64_t>(b.displacement);
  return a.base == b.base && a.index == b.index && a.scale == b.scale &&
         (distance < kNearBytes || 0 - distance < kNearBytes);
}

bool is_on_stack(const MemoryOperand& operand) {
  return operand.base == kRsp;
}

bool is_plain_store(const MemoryOperand& operand) {
  return operand.kind != AccessKind::kRead && !operand.is_locked;
}

bool tries_to_take(const Instruction& instruction) {
  return instruction.operand_count > 0 && (instruction.idiom == LockIdiom::kExchange ||
                                           instruction.idiom == LockIdiom::kCompareExchange);
}

/// The one place that the loop looks at; null if there are several, or none, or it stores.
const Instruction* polling_instruction(Instructions loop) {
  const Instruction* polling = nullptr;
  for (const Instruction& instruction : loop) {
    for (const MemoryOperand& operand : instruction.memory()) {
      if (operand.is_address_only || is_on_stack(operand)) continue;
      if (!operand.is_known || is_plain_store(operand)) return nullptr;
      if (polling == nullptr) polling = &instruction;
      if (!is_same_place(polling->operands[0], operand)) return nullptr;
    }
  }
  return polling;
}

bool leaves_function(const Instruction& instruction) {
  return instruction.flow == Flow::kCall || instruction.flow == Flow::kSystemCall;
}

bool copies_register(const Instruction& instruction) {
  return instruction.effect.op == EffectOp::kMove &&
         instruction.effect.source == EffectSource::kRegister;
}

/// Nothing changes in a register but what was loaded.
bool only_looks(Instructions loop) {
  return std::ranges::all_of(loop, [](const Instruction& instruction) {
    return instruction.written == 0 || instruction.operand_count > 0 ||
           copies_register(instruction);
  });
}

bool sets_rax_to_constant(const Instruction& instruction) {
  if (instruction.idiom == LockIdiom::kClear) return (instruction.written >> kRax & 1) != 0;
  return instruction.effect.op == EffectOp::kMove && instruction.effect.target == kRax &&
         instruction.effect.source != EffectSource::kLoad;
}

/// A failed cmpxchg leaves the present value in rax: a loop that computes with it starts from
/// there, a lock expects "free" again. An exchange for zero takes something out.
bool tries_constant(Instructions loop) {
  const auto has = [&](LockIdiom idiom) {
    return std::ranges::any_of(loop, [&](const Instruction& instruction) {
      return instruction.idiom == idiom &&
             (instruction.operand_count > 0 || idiom == LockIdiom::kClear);
    });
  };
  if (has(LockIdiom::kCompareExchange)) return std::ranges::any_of(loop, sets_rax_to_constant);
  return has(LockIdiom::kExchange) && !has(LockIdiom::kClear);
}

/// xchg leaves the old value in its register, cmpxchg in rax.
uint8_t result_register(const Instruction& instruction) {
  if (instruction.idiom == LockIdiom::kCompareExchange) return kRax;
  if (instruction.idiom != LockIdiom::kExchange) return kNoRegister;
  return static_cast<uint8_t>(std::countr_zero(instruction.written));
}

bool has_pause(Instructions loop) {
  return std::ranges::any_of(loop,
                             [](const Instruction& one) { return one.idiom == LockIdiom::kPause; });
}

bool takes_near(const DecodedFunction& function, const MemoryOperand& polled) {
  for (const Instruction& instruction : function.instructions())
    for (const MemoryOperand& operand : instruction.memory())
      if (operand.is_locked && is_near(operand, polled)) return true;
  return false;
}

std::optional<PollingLoop> judge(const DecodedFunction& function, Instructions loop) {
  if (std::ranges::any_of(loop, leaves_function)) return std::nullopt;
  const Instruction* polling = polling_instruction(loop);
  if (polling == nullptr) return std::nullopt;
  const bool pauses = has_pause(loop);
  const bool tries = std::ranges::any_of(loop, tries_to_take);
  if (!pauses && !(tries ? tries_constant(loop) : only_looks(loop))) return std::nullopt;
  // A loop that pauses but neither looks nor tries counts something.
  const bool looks = polling->operands[0].kind == AccessKind::kRead;
  if (!looks && !tries) return std::nullopt;
  return PollingLoop{.start = loop.front().address,
                     .polled = polling->address,
                     .behind_polled = polling->address + polling->length,
                     .has_pause = pauses,
                     .only_tries = !looks && !pauses,
                     .result_register = result_register(*polling),
                     .is_acquired = takes_near(function, polling->operands[0])};
}

bool is_at_pause(const std::vector<Instruction>& instructions, uint32_t index) {
  const bool is_after = index > 0 && instructions[index - 1].idiom == LockIdiom::kPause;
  return is_after || instructions[index].idiom == LockIdiom::kPause;
}

}  // namespace

std::optional<PollingLoop> spin_loop_at(const DecodedFunction& function, uint32_t index) {
  const auto& instructions = function.instructions();
  const auto end = static_cast<uint32_t>(
      std::min<size_t>(instructions.size(), size_t{index} + kMaxInstructions));
  std::optional<PollingLoop> smallest;
  uint32_t smallest_size = UINT32_MAX;
  for (uint32_t last = index; last < end; ++last) {
    if (instructions[last].target == 0) continue;
    const auto first = function.index_at(instructions[last].target);
    if (!first || *first > index || last - *first >= kMaxInstructions) continue;
    const uint32_t size = last - *first + 1;
    if (size >= smallest_size) continue;
    auto loop = judge(function, Instructions(instructions).subspan(*first, size));
    if (!loop) continue;
    smallest = loop;
    smallest_size = size;
  }
  if (smallest) smallest->is_at_pause = is_at_pause(instructions, index);
  return smallest;
}

}  // namespace quarrel
