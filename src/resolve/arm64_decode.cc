// What does one aarch64 instruction do to memory and to the general registers?
//
// Decoded from the bits, by the manual's tables: the encoding is regular, and Debian's capstone 4
// does not know the atomics of Armv8.1, which matter here most.
#include "resolve/arm64_decode.h"

#include <cstring>

#include "resolve/arm64_memory.h"
#include "resolve/arm64_word.h"

namespace quarrel {
namespace {

/// x0 to x18 and x30: what a function call may change (AAPCS64, 6.1.1).
constexpr uint32_t kCallClobbered = 0x4007'ffff;
/// A larger shift does not fit MemoryOperand::scale.
constexpr uint32_t kMaxShift = 7;
/// Of cores that Linux runs on, what dc zva zeroes (DCZID_EL0.BS is 4).
constexpr uint16_t kZeroedBytes = 64;

uint8_t width_of(const Arm64Word& word) {
  return word.bit(31) ? 8 : 4;
}

/// The target gets the address of an operand: what lea is on x86-64.
void compute(const Arm64Word& word, uint8_t target, MemoryOperand sum, Instruction& result) {
  sum.is_address_only = true;
  result.operands[0] = sum;
  result.operand_count = 1;
  result.effect = {.op = EffectOp::kMove,
                   .target = target,
                   .width = width_of(word),
                   .source = EffectSource::kAddress};
}

void move_immediate(const Arm64Word& word, int64_t value, Instruction& result) {
  result.effect = {
      .op = EffectOp::kMove, .target = word.first(), .width = width_of(word), .immediate = value};
}

void move_register(const Arm64Word& word, uint8_t target, uint8_t source, Instruction& result) {
  result.effect = {.op = EffectOp::kMove,
                   .target = target,
                   .width = width_of(word),
                   .source = EffectSource::kRegister,
                   .source_register = source,
                   .source_width = width_of(word)};
}

/// adr, and adrp with the page.
void decode_address(const Arm64Word& word, Instruction& result) {
  if (word.first() == kArm64Zero) return;
  const int64_t distance = word.signed_bits(23, 5) * 4 + word.bits(30, 29);
  const auto here = static_cast<int64_t>(word.address);
  const int64_t address =
      word.bit(31) ? (here & ~int64_t{4095}) + distance * 4096 : here + distance;
  compute(word, word.first(), {.base = kImageBase, .displacement = address}, result);
  result.effect.width = 8;
}

/// Register 31 is the stack pointer here, but the zero register as target if flags are set (cmp).
void decode_add_immediate(const Arm64Word& word, Instruction& result) {
  const bool sets_flags = word.bit(29);
  const uint8_t target = word.first();
  if (sets_flags && target == kArm64Zero) return;
  result.written = 1u << target;
  const int64_t magnitude = int64_t{word.bits(21, 10)} << (word.bit(22) ? 12 : 0);
  const int64_t added = word.bit(30) ? -magnitude : magnitude;
  if (added == 0)
    move_register(word, target, word.base(), result);
  else
    compute(word, target, {.base = word.base(), .displacement = added}, result);
}

void decode_move_wide(const Arm64Word& word, Instruction& result) {
  enum Operation : uint32_t { kInverted, kUnallocated, kPlain, kKeepOthers };
  const uint32_t operation = word.bits(30, 29);
  if (word.first() == kArm64Zero || operation == kKeepOthers) return;
  const uint64_t value = uint64_t{word.bits(20, 5)} << (16 * word.bits(22, 21));
  move_immediate(word, static_cast<int64_t>(operation == kInverted ? ~value : value), result);
}

/// sxtw, uxtb, lsl, sbfiz and the like: the lowest bytes of a register, extended and shifted left.
void decode_bit_field(const Arm64Word& word, Instruction& result) {
  enum Operation : uint32_t { kSigned, kInsert, kUnsigned };
  const uint32_t operation = word.bits(30, 29);
  const bool is_register = word.first() != kArm64Zero && word.base() != kArm64Zero;
  if (!is_register || operation > kUnsigned || operation == kInsert) return;
  const uint32_t size = word.bit(31) ? 64 : 32;
  const uint32_t rotation = word.bits(21, 16);
  const uint32_t last = word.bits(15, 10);
  const bool shifts_right = rotation != 0 && last >= rotation;
  const uint32_t shift = (size - rotation) % size;
  if (shifts_right || rotation >= size || shift > kMaxShift) return;
  const bool reaches_end = shift + last + 1 == size;
  const uint32_t width = reaches_end ? size : last + 1;
  if (width != 8 && width != 16 && width != 32 && width != 64) return;
  compute(word, word.first(),
          {.index = word.base(),
           .scale = static_cast<uint8_t>(1u << shift),
           .index_width = static_cast<uint8_t>(width / 8),
           .is_index_signed = operation == kSigned},
          result);
}

/// "Data Processing -- Immediate".
void decode_immediate(const Arm64Word& word, Instruction& result) {
  result.written = arm64_register_set(word.first());
  switch (word.bits(25, 23)) {
    case 0:
    case 1:
      return decode_address(word, result);
    case 2:
      return decode_add_immediate(word, result);
    case 3:  // addg, subg; smax and its kin cannot name sp, and lose nothing by it
      result.written = 1u << word.first();
      return;
    case 4: {  // and, orr, eor with a mask: sp, unless it is ands
      constexpr uint32_t kSetsFlags = 3;
      if (word.bits(30, 29) != kSetsFlags) result.written = 1u << word.first();
      return;
    }
    case 5:
      return decode_move_wide(word, result);
    case 6:
      return decode_bit_field(word, result);
    default:
      return;
  }
}

/// sub x0, x0, x1 can be undone; other differences are not computed.
void decode_subtract(const Arm64Word& word, uint32_t shift, Instruction& result) {
  const bool is_own = word.first() == word.base() && word.first() != word.index();
  if (!is_own || shift != 0 || word.index() == kArm64Zero || word.first() == kArm64Zero) return;
  move_register(word, word.first(), word.index(), result);
  result.effect.op = EffectOp::kSubtract;
}

void decode_add_shifted(const Arm64Word& word, Instruction& result) {
  const uint32_t shift = word.bits(15, 10);
  const bool is_left = word.bits(23, 22) == 0;
  if (!is_left || shift > kMaxShift || word.first() == kArm64Zero) return;
  if (word.bit(30)) return decode_subtract(word, shift, result);
  compute(word, word.first(),
          {.base = arm64_register(word.base()),
           .index = arm64_register(word.index()),
           .scale = static_cast<uint8_t>(1u << shift)},
          result);
}

/// Register 31 is as for the immediate forms.
void decode_add_extended(const Arm64Word& word, Instruction& result) {
  const bool sets_flags = word.bit(29);
  const uint32_t option = word.bits(15, 13);
  const uint32_t shift = word.bits(12, 10);
  if (sets_flags && word.first() == kArm64Zero) return;
  result.written = 1u << word.first();
  const bool subtracts = word.bit(30);
  if (subtracts || shift > 4) return;
  compute(word, word.first(),
          {.base = word.base(),
           .index = arm64_register(word.index()),
           .scale = static_cast<uint8_t>(1u << shift),
           .index_width = static_cast<uint8_t>(1u << (option & 3)),
           .is_index_signed = option >= 4},
          result);
}

/// mov is orr with the zero register.
void decode_logical(const Arm64Word& word, Instruction& result) {
  constexpr uint32_t kOr = 1;
  const bool is_plain = word.bits(23, 21) == 0 && word.bits(15, 10) == 0;
  const bool is_move = is_plain && word.bits(30, 29) == kOr && word.base() == kArm64Zero;
  if (!is_move || word.first() == kArm64Zero) return;
  if (word.index() == kArm64Zero)
    move_immediate(word, 0, result);
  else
    move_register(word, word.first(), word.index(), result);
}

/// "Data Processing -- Register".
void decode_register(const Arm64Word& word, Instruction& result) {
  constexpr uint32_t kConditionalCompare = 0xd2;
  if (word.bits(28, 21) == kConditionalCompare) return;
  result.written = arm64_register_set(word.first());
  if (word.bit(28)) return;
  if (!word.bit(24)) return decode_logical(word, result);
  return word.bit(21) ? decode_add_extended(word, result) : decode_add_shifted(word, result);
}

bool is_conversion_to_general(const Arm64Word& word) {
  if (word.bit(30) || word.bits(28, 24) != 0x1e) return false;
  const bool is_class = !word.bit(21) || word.bits(15, 10) == 0;
  const uint32_t opcode = word.bits(18, 16);
  return is_class && opcode != 2 && opcode != 3 && opcode != 7;
}

/// umov and smov.
bool is_copy_to_general(const Arm64Word& word) {
  const bool is_class = !word.bit(31) && word.bits(28, 21) == 0x70 && !word.bit(15) && word.bit(10);
  return is_class && !word.bit(29) && (word.bits(14, 11) == 5 || word.bits(14, 11) == 7);
}

/// "Data Processing -- Scalar Floating-Point and Advanced SIMD".
void decode_vector(const Arm64Word& word, Instruction& result) {
  if (is_conversion_to_general(word) || is_copy_to_general(word))
    result.written = arm64_register_set(word.first());
}

void set_branch(const Arm64Word& word, Flow flow, int64_t distance, Instruction& result) {
  result.flow = flow;
  result.target = word.address + static_cast<uint64_t>(4 * distance);
}

void call(Instruction& result) {
  result.flow = Flow::kCall;
  result.written = kCallClobbered;
}

/// br, blr and ret, each with its forms that authenticate.
void decode_indirect_branch(const Arm64Word& word, Instruction& result) {
  enum Operation : uint32_t { kJump, kCall, kReturn };
  const uint32_t operation = word.bits(23, 21);
  result.flow = operation == kJump ? Flow::kJump : Flow::kEnd;
  result.is_return = operation == kReturn;
  if (operation == kCall) call(result);
}

void decode_exception(const Arm64Word& word, Instruction& result) {
  const bool is_svc = word.bits(23, 21) == 0 && word.bits(4, 0) == 1;
  result.flow = is_svc ? Flow::kSystemCall : Flow::kEnd;
  if (is_svc) result.written = 1;  // x0: Linux keeps the others
}

/// Barriers, hints, mrs, msr, cache maintenance.
void decode_system(const Arm64Word& word, Instruction& result) {
  constexpr uint32_t kZeroBlock = 0xd50b7420;        // dc zva, x0
  constexpr uint32_t kHint = 0xd503201f;             // nop
  constexpr uint32_t kLinkAndScratch = 0x4002'0000;  // x30 and x17, which pacia and its kin sign
  if ((word.value & ~0x1fu) == kZeroBlock) {
    MemoryOperand& operand = result.operands[result.operand_count++];
    operand = {
        .base = arm64_register(word.first()), .size = kZeroedBytes, .kind = AccessKind::kWrite};
  }
  const uint32_t hint = word.bits(11, 8);
  const bool signs = (word.value & ~0xfe0u) == kHint && (hint == 1 || hint == 3);
  if (signs) result.written = kLinkAndScratch;
  const bool reads_register = word.bit(21);
  if (reads_register) result.written = arm64_register_set(word.first());
}

/// "Branches, Exception Generating and System instructions".
void decode_branch(const Arm64Word& word, Instruction& result) {
  constexpr uint32_t kTestBit = 3;
  switch (word.bits(30, 29)) {
    case 0:
      set_branch(word, Flow::kJump, word.signed_bits(25, 0), result);
      if (word.bit(31)) call(result);
      return;
    case 1: {
      const bool tests_bit = word.bits(26, 25) == kTestBit;
      const int64_t distance = tests_bit ? word.signed_bits(18, 5) : word.signed_bits(23, 5);
      return set_branch(word, Flow::kBranch, distance, result);
    }
    default:
      break;
  }
  if (!word.bit(31)) return set_branch(word, Flow::kBranch, word.signed_bits(23, 5), result);
  if (word.bit(25)) return decode_indirect_branch(word, result);
  return word.bit(24) ? decode_system(word, result) : decode_exception(word, result);
}

bool decode_group(const Arm64Word& word, Instruction& result) {
  switch (word.bits(28, 25)) {
    case 0b1000:
    case 0b1001:
      decode_immediate(word, result);
      return true;
    case 0b1010:
    case 0b1011:
      decode_branch(word, result);
      return true;
    case 0b0100:
    case 0b0110:
    case 0b1100:
    case 0b1110:
      return decode_arm64_memory(word, result);
    case 0b0101:
    case 0b1101:
      decode_register(word, result);
      return true;
    case 0b0111:
    case 0b1111:
      decode_vector(word, result);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Instruction> decode_arm64(std::span<const uint8_t> code, uint64_t address) {
  Arm64Word word{.address = address};
  if (code.size() < sizeof word.value) return std::nullopt;
  std::memcpy(&word.value, code.data(), sizeof word.value);
  Instruction result{.address = address, .length = sizeof word.value};
  if (!decode_group(word, result)) return std::nullopt;
  return result;
}

}  // namespace quarrel
