// What does one x86-64 instruction do to memory and to the general registers?
#include "resolve/x86_decode.h"

#include <Zydis/Zydis.h>

#include <algorithm>

namespace quarrel {
namespace {

/// What a function call may change by the System V psABI, 3.2.1.
constexpr uint32_t kCallClobbered = 1u << kRax | 1u << kRcx | 1u << kRdx | 1u << kRsi | 1u << kRdi |
                                    1u << kR8 | 1u << kR9 | 1u << kR10 | 1u << kR11;
constexpr unsigned kBitsPerByte = 8;

struct Decoded {
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

  std::span<const ZydisDecodedOperand> all() const { return {operands, instruction.operand_count}; }
  std::span<const ZydisDecodedOperand> visible() const {
    return {operands, instruction.operand_count_visible};
  }
};

const ZydisDecoder& decoder() {
  static const ZydisDecoder instance = [] {
    ZydisDecoder created;
    ZydisDecoderInit(&created, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return created;
  }();
  return instance;
}

uint8_t dwarf_register(ZydisRegister name) {
  // Zydis numbers the 64-bit registers as the instruction encoding does.
  static constexpr DwarfRegister kByEncoding[] = {kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi,
                                                  kR8,  kR9,  kR10, kR11, kR12, kR13, kR14, kR15};
  if (name == ZYDIS_REGISTER_RIP) return kRip;
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return kNoRegister;
  return kByEncoding[whole - ZYDIS_REGISTER_RAX];
}

Flow flow_of(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_INT3:
      return Flow::kEnd;
    default:
      break;
  }
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
      return Flow::kBranch;
    case ZYDIS_CATEGORY_UNCOND_BR:
      return Flow::kJump;
    case ZYDIS_CATEGORY_CALL:
      return Flow::kCall;
    case ZYDIS_CATEGORY_SYSCALL:
      return Flow::kSystemCall;
    case ZYDIS_CATEGORY_RET:
      return Flow::kEnd;
    default:
      return Flow::kNext;
  }
}

/// Names a memory operand without making the core access it as data.
bool is_hint(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_NOP:
    case ZYDIS_MNEMONIC_CLFLUSH:
    case ZYDIS_MNEMONIC_CLFLUSHOPT:
    case ZYDIS_MNEMONIC_CLWB:
    case ZYDIS_MNEMONIC_CLDEMOTE:
    case ZYDIS_MNEMONIC_INVLPG:
      return true;
    default:
      break;
  }
  return instruction.meta.category == ZYDIS_CATEGORY_PREFETCH ||
         instruction.meta.category == ZYDIS_CATEGORY_PREFETCHWT1 ||
         instruction.meta.category == ZYDIS_CATEGORY_WIDENOP;
}

bool is_locked(const ZydisDecodedInstruction& instruction) {
  return (instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0 ||
         instruction.mnemonic == ZYDIS_MNEMONIC_XCHG;
}

/// A failed compare-and-swap writes the old value back: for the cache it is a write either way.
bool always_writes(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CMPXCHG:
    case ZYDIS_MNEMONIC_CMPXCHG8B:
    case ZYDIS_MNEMONIC_CMPXCHG16B:
      return true;
    default:
      return is_locked(instruction);
  }
}

AccessKind kind_of(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand& operand) {
  if (always_writes(instruction)) return AccessKind::kReadWrite;
  const bool reads = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
  const bool writes = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  if (reads && writes) return AccessKind::kReadWrite;
  return writes ? AccessKind::kWrite : AccessKind::kRead;
}

bool is_repeated(const ZydisDecodedInstruction& instruction) {
  constexpr auto kPrefixes = ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  return (instruction.attributes & kPrefixes) != 0;
}

/// push, pop, call and ret touch the own stack without saying so.
bool is_implied_stack(const ZydisDecodedOperand& operand) {
  return operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
         operand.mem.base == ZYDIS_REGISTER_RSP;
}

/// Apart from the segment, the address follows from the general registers.
bool has_known_offset(const ZydisDecodedInstruction& instruction,
                      const ZydisDecodedOperand& operand) {
  const bool is_plain =
      operand.mem.type == ZYDIS_MEMOP_TYPE_MEM || operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN;
  const bool has_unknown_index =
      operand.mem.index != ZYDIS_REGISTER_NONE && dwarf_register(operand.mem.index) >= kRip;
  return is_plain && !has_unknown_index && instruction.address_width == 64;
}

MemoryOperand memory_operand(const ZydisDecodedInstruction& instruction,
                             const ZydisDecodedOperand& operand, uint64_t address) {
  MemoryOperand result;
  result.base = dwarf_register(operand.mem.base);
  result.index = dwarf_register(operand.mem.index);
  result.scale = std::max<uint8_t>(operand.mem.scale, 1);
  if (operand.mem.disp.has_displacement) result.displacement = operand.mem.disp.value;
  if (result.base == kRip) {
    result.base = kImageBase;
    result.displacement = static_cast<int64_t>(address + instruction.length +
                                               static_cast<uint64_t>(result.displacement));
  }
  result.size = static_cast<uint16_t>(operand.size / kBitsPerByte);
  result.kind = kind_of(instruction, operand);
  result.is_locked = is_locked(instruction);
  result.is_repeated = is_repeated(instruction);
  result.is_address_only = operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN;
  const bool is_fs = operand.mem.segment == ZYDIS_REGISTER_FS;
  const bool is_thread_relative = is_fs || operand.mem.segment == ZYDIS_REGISTER_GS;
  const bool is_offset_known = has_known_offset(instruction, operand);
  result.is_known = is_offset_known && !is_thread_relative;
  result.is_fs_relative =
      is_offset_known && is_fs && !result.is_address_only && result.base != kImageBase;
  return result;
}

void add_memory(const Decoded& decoded, Instruction& result) {
  if (is_hint(decoded.instruction)) return;
  for (const ZydisDecodedOperand& operand : decoded.all()) {
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || is_implied_stack(operand)) continue;
    if (result.operand_count == result.operands.size()) return;
    result.operands[result.operand_count++] =
        memory_operand(decoded.instruction, operand, result.address);
  }
}

uint32_t written_registers(const Decoded& decoded) {
  uint32_t written = 0;
  for (const ZydisDecodedOperand& operand : decoded.all()) {
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
    if ((operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0) continue;
    const uint8_t number = dwarf_register(operand.reg.value);
    if (number < kRip) written |= 1u << number;
  }
  // A call returns with the stack pointer as it was: the return address is pushed and popped.
  if (decoded.instruction.meta.category == ZYDIS_CATEGORY_CALL)
    written = (written & ~(1u << kRsp)) | kCallClobbered;
  if (decoded.instruction.meta.category == ZYDIS_CATEGORY_SYSCALL)
    written |= 1u << kRax | 1u << kRcx | 1u << kR11;
  return written;
}

int8_t stack_delta_of(const ZydisDecodedInstruction& instruction) {
  const auto bytes = static_cast<int8_t>(instruction.operand_width / kBitsPerByte);
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PUSH:
    case ZYDIS_MNEMONIC_PUSHFQ:
      return static_cast<int8_t>(-bytes);
    case ZYDIS_MNEMONIC_POP:
    case ZYDIS_MNEMONIC_POPFQ:
      return bytes;
    default:
      return 0;
  }
}

EffectOp effect_op(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_MOVZX:
    case ZYDIS_MNEMONIC_MOVSX:
    case ZYDIS_MNEMONIC_MOVSXD:
    case ZYDIS_MNEMONIC_LEA:
      return EffectOp::kMove;
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_INC:
      return EffectOp::kAdd;
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_DEC:
      return EffectOp::kSubtract;
    case ZYDIS_MNEMONIC_SHL:
      return EffectOp::kShiftLeft;
    default:
      return EffectOp::kOpaque;
  }
}

bool is_high_byte(ZydisRegister name) {
  return name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH;
}

/// Fills in where the value comes from; false if it is no source that can be computed.
bool set_source(const ZydisDecodedOperand& operand, RegisterEffect& effect) {
  effect.source_width = static_cast<uint8_t>(std::min(operand.size / kBitsPerByte, 255u));
  switch (operand.type) {
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      effect.source = EffectSource::kImmediate;
      effect.immediate = operand.imm.value.s;
      return true;
    case ZYDIS_OPERAND_TYPE_REGISTER:
      effect.source = EffectSource::kRegister;
      effect.source_register = dwarf_register(operand.reg.value);
      return effect.source_register < kRip && !is_high_byte(operand.reg.value);
    case ZYDIS_OPERAND_TYPE_MEMORY:
      effect.source =
          operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN ? EffectSource::kAddress : EffectSource::kLoad;
      return true;
    default:
      return false;
  }
}

/// cdqe: the one sign extension without operands that compilers emit before indexing.
RegisterEffect sign_extend_rax() {
  return {.op = EffectOp::kMove,
          .target = kRax,
          .source = EffectSource::kRegister,
          .source_register = kRax,
          .source_width = 4,
          .is_sign_extended = true};
}

RegisterEffect effect_of(const Decoded& decoded) {
  const ZydisMnemonic mnemonic = decoded.instruction.mnemonic;
  if (mnemonic == ZYDIS_MNEMONIC_CDQE) return sign_extend_rax();
  const auto operands = decoded.visible();
  RegisterEffect effect{.op = effect_op(mnemonic)};
  if (effect.op == EffectOp::kOpaque || operands.empty()) return {};
  if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER) return {};
  effect.target = dwarf_register(operands[0].reg.value);
  effect.width = static_cast<uint8_t>(operands[0].size / kBitsPerByte);
  if (effect.target >= kRip || effect.width < 4) return {};
  effect.is_sign_extended = mnemonic == ZYDIS_MNEMONIC_MOVSX || mnemonic == ZYDIS_MNEMONIC_MOVSXD;
  if (operands.size() == 1) {
    effect.immediate = 1;  // inc and dec
    return effect;
  }
  return set_source(operands[1], effect) ? effect : RegisterEffect{};
}

StoredValue stored_by(const Decoded& decoded) {
  const auto operands = decoded.visible();
  if (decoded.instruction.mnemonic != ZYDIS_MNEMONIC_MOV || operands.size() != 2) return {};
  if (operands[0].type != ZYDIS_OPERAND_TYPE_MEMORY) return {};
  StoredValue value{.is_known = true};
  if (operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
    value.source_register = dwarf_register(operands[1].reg.value);
  else
    value.immediate = operands[1].imm.value.s;
  return value;
}

/// xor r, r sets a register to zero.
bool clears_register(const Decoded& decoded) {
  const auto operands = decoded.visible();
  return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_XOR && operands.size() == 2 &&
         operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
         operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
         operands[0].reg.value == operands[1].reg.value;
}

LockIdiom idiom_of(const Decoded& decoded) {
  switch (decoded.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PAUSE:
      return LockIdiom::kPause;
    case ZYDIS_MNEMONIC_XCHG:
      return LockIdiom::kExchange;
    case ZYDIS_MNEMONIC_CMPXCHG:
      return LockIdiom::kCompareExchange;
    default:
      return clears_register(decoded) ? LockIdiom::kClear : LockIdiom::kNone;
  }
}

/// The target of a direct branch, jump or call; 0 for an indirect one.
uint64_t branch_target(const Decoded& decoded, uint64_t address) {
  if (decoded.instruction.operand_count_visible == 0) return 0;
  const ZydisDecodedOperand& operand = decoded.operands[0];
  if (operand.type != ZYDIS_OPERAND_TYPE_IMMEDIATE || !operand.imm.is_relative) return 0;
  return address + decoded.instruction.length + operand.imm.value.u;
}

}  // namespace

std::optional<Instruction> decode_x86(std::span<const uint8_t> code, uint64_t address) {
  Decoded decoded;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder(), code.data(), code.size(),
                                           &decoded.instruction, decoded.operands)))
    return std::nullopt;
  Instruction result;
  result.address = address;
  result.length = decoded.instruction.length;
  result.flow = flow_of(decoded.instruction);
  result.idiom = idiom_of(decoded);
  result.is_return = decoded.instruction.meta.category == ZYDIS_CATEGORY_RET;
  if (result.flow == Flow::kBranch || result.flow == Flow::kJump || result.flow == Flow::kCall)
    result.target = branch_target(decoded, address);
  result.stack_delta = stack_delta_of(decoded.instruction);
  result.written = written_registers(decoded);
  result.effect = effect_of(decoded);
  result.stored = stored_by(decoded);
  add_memory(decoded, result);
  return result;
}

}  // namespace quarrel
