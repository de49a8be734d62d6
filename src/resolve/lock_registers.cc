// In which registers and stack slots does a function keep the address of the lock it was given?
#include "resolve/lock_registers.h"

#include <algorithm>
#include <iterator>

namespace quarrel {
namespace {

constexpr int32_t kWordBytes = 8;

bool holds(const LockPlaces& places, uint8_t number) {
  return number < kRip && (places.registers >> number & 1) != 0;
}

void set_register(LockPlaces& places, uint8_t number, bool holds_lock) {
  if (number >= kRip) return;
  places.registers &= ~(1u << number);
  if (holds_lock) places.registers |= 1u << number;
}

bool slot_holds(const LockPlaces& places, int64_t slot) {
  return std::binary_search(places.slots.begin(), places.slots.end(), slot);
}

void set_slot(LockPlaces& places, int64_t slot, bool holds_lock) {
  const auto place = std::lower_bound(places.slots.begin(), places.slots.end(), slot);
  const bool is_known = place != places.slots.end() && *place == slot;
  if (is_known && !holds_lock) places.slots.erase(place);
  if (!is_known && holds_lock) places.slots.insert(place, slot);
}

/// The slot that an operand like 8(%rsp) names.
std::optional<int64_t> slot_of(const LockPlaces& places, const MemoryOperand& operand) {
  if (!places.stack_pointer || operand.base != kRsp || operand.index != kNoRegister)
    return std::nullopt;
  return *places.stack_pointer + static_cast<int32_t>(operand.displacement);
}

/// The register of a one-register push (0x50) or pop (0x58), with or without REX.B.
std::optional<uint8_t> stacked_register(std::span<const uint8_t> bytes, uint8_t opcode) {
  static constexpr uint8_t kByEncoding[] = {kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi,
                                            kR8,  kR9,  kR10, kR11, kR12, kR13, kR14, kR15};
  const bool is_extended = bytes.size() > 1 && bytes[0] == 0x41;
  const uint8_t byte = bytes[is_extended ? 1 : 0];
  if ((byte & 0xf8) != opcode) return std::nullopt;
  return kByEncoding[(byte & 7) + (is_extended ? 8 : 0)];
}

bool is_plain_load(const RegisterEffect& effect, EffectSource source) {
  return effect.op == EffectOp::kMove && effect.source == source && effect.width == kWordBytes &&
         effect.source_width == kWordBytes;
}

void apply_stack_pointer(LockPlaces& places, const Instruction& instruction) {
  const RegisterEffect& effect = instruction.effect;
  if (!places.stack_pointer) return;
  const bool is_constant = effect.source == EffectSource::kImmediate && effect.target == kRsp;
  if (instruction.stack_delta != 0)
    *places.stack_pointer += instruction.stack_delta;
  else if (effect.op == EffectOp::kAdd && is_constant)
    *places.stack_pointer += static_cast<int32_t>(effect.immediate);
  else if (effect.op == EffectOp::kSubtract && is_constant)
    *places.stack_pointer -= static_cast<int32_t>(effect.immediate);
  else if ((instruction.written >> kRsp & 1) != 0 && instruction.flow == Flow::kNext)
    places.stack_pointer.reset();
  if (!places.stack_pointer) places.slots.clear();
}

void apply_store(LockPlaces& places, const Instruction& instruction) {
  for (const MemoryOperand& operand : instruction.memory()) {
    if (operand.kind == AccessKind::kRead || operand.is_address_only) continue;
    const auto slot = slot_of(places, operand);
    if (!slot) continue;
    const bool is_word = instruction.stored.is_known && operand.size == kWordBytes;
    set_slot(places, *slot, is_word && holds(places, instruction.stored.source_register));
  }
}

/// Whether the instruction puts the lock's address into the register that it writes.
bool writes_lock(const LockPlaces& before, const Instruction& instruction) {
  if (is_plain_load(instruction.effect, EffectSource::kRegister))
    return holds(before, instruction.effect.source_register);
  if (!is_plain_load(instruction.effect, EffectSource::kLoad)) return false;
  const auto memory = instruction.memory();
  if (memory.empty()) return false;
  const auto slot = slot_of(before, memory[0]);
  return slot && slot_holds(before, *slot);
}

LockPlaces after(const LockPlaces& before, const Instruction& instruction,
                 std::span<const uint8_t> bytes) {
  LockPlaces places = before;
  apply_store(places, instruction);
  places.registers &= ~instruction.written;
  set_register(places, instruction.effect.target, writes_lock(before, instruction));
  apply_stack_pointer(places, instruction);
  if (!before.stack_pointer) return places;
  if (instruction.stack_delta == -kWordBytes) {
    const auto pushed = stacked_register(bytes, 0x50);
    set_slot(places, *places.stack_pointer, pushed && holds(before, *pushed));
  } else if (instruction.stack_delta == kWordBytes) {
    const auto popped = stacked_register(bytes, 0x58);
    if (popped) set_register(places, *popped, slot_holds(before, *before.stack_pointer));
  }
  return places;
}

/// What both know.
LockPlaces meet(const LockPlaces& a, const LockPlaces& b) {
  LockPlaces both{.registers = a.registers & b.registers, .stack_pointer = {}, .slots = {}};
  if (!a.stack_pointer || a.stack_pointer != b.stack_pointer) return both;
  both.stack_pointer = a.stack_pointer;
  std::set_intersection(a.slots.begin(), a.slots.end(), b.slots.begin(), b.slots.end(),
                        std::back_inserter(both.slots));
  return both;
}

class Flooder {
 public:
  explicit Flooder(const ControlFlow& flow) : flow_(flow), places_(flow.instructions().size()) {}

  std::vector<std::optional<LockPlaces>> run() {
    if (places_.empty()) return {};
    reach(0, {.registers = 1u << kRdi, .stack_pointer = 0, .slots = {}});
    while (!pending_.empty()) {
      const uint32_t index = pending_.back();
      pending_.pop_back();
      const Instruction& instruction = flow_.instructions()[index];
      const LockPlaces next = after(*places_[index], instruction, flow_.bytes_of(instruction));
      for (const FlowEdge& edge : flow_.edges_from(index)) reach(edge.to, next);
    }
    return std::move(places_);
  }

 private:
  void reach(uint32_t index, const LockPlaces& places) {
    auto& known = places_[index];
    const LockPlaces merged = known ? meet(*known, places) : places;
    if (known && *known == merged) return;
    known = merged;
    pending_.push_back(index);
  }

  const ControlFlow& flow_;
  std::vector<std::optional<LockPlaces>> places_;
  std::vector<uint32_t> pending_;
};

}  // namespace

std::vector<std::optional<LockPlaces>> find_lock_places(const ControlFlow& flow) {
  return Flooder(flow).run();
}

std::optional<uint8_t> lock_register(const LockPlaces& places) {
  for (uint8_t number = 0; number < kRip; ++number)
    if (holds(places, number)) return number;
  return std::nullopt;
}

}  // namespace quarrel
