// What does one instruction do to memory and to the general registers?
#include "resolve/instruction.h"

#include "resolve/arm64_decode.h"
#include "resolve/x86_decode.h"

namespace quarrel {

uint8_t stack_pointer_of(InstructionSet set) {
  return set == InstructionSet::kArm64 ? kArm64StackPointer : uint8_t{kRsp};
}

uint8_t alignment_of(InstructionSet set) {
  return set == InstructionSet::kArm64 ? 4 : 1;
}

std::optional<Instruction> decode_instruction(InstructionSet set, std::span<const uint8_t> code,
                                              uint64_t address) {
  switch (set) {
    case InstructionSet::kX86_64:
      return decode_x86(code, address);
    case InstructionSet::kArm64:
      return decode_arm64(code, address);
  }
  return std::nullopt;
}

}  // namespace quarrel
