// What does an aarch64 load or store do to memory and to the general registers?
//
// One function for each class of the manual's table C4.1.94, "Loads and Stores".
#include "resolve/arm64_memory.h"

#include <optional>

namespace quarrel {
namespace {

/// What one load or store moves.
struct Transfer {
  uint16_t size = 0;  ///< bytes
  AccessKind kind = AccessKind::kRead;
  bool is_vector = false;
  bool is_signed = false;
  uint8_t width = 8;     ///< bytes of the register that a load writes
  bool is_hint = false;  ///< a prefetch
};

uint16_t bytes_of(uint32_t size_field) {
  return static_cast<uint16_t>(1u << size_field);
}

AccessKind load_or_store(bool is_load) {
  return is_load ? AccessKind::kRead : AccessKind::kWrite;
}

MemoryOperand& add_operand(Instruction& result, uint8_t base, uint16_t size, AccessKind kind) {
  MemoryOperand& operand = result.operands[result.operand_count++];
  operand = {.base = base, .size = size, .kind = kind};
  return operand;
}

void load_into(Instruction& result, uint8_t target, const Transfer& transfer) {
  if (target == kArm64Zero) return;
  result.written |= arm64_register_set(target);
  result.effect = {.op = EffectOp::kMove,
                   .target = target,
                   .width = transfer.width,
                   .source = EffectSource::kLoad,
                   .is_sign_extended = transfer.is_signed};
}

/// The new value of the base can be undone; what a load puts elsewhere is then not computed.
void write_back(Instruction& result, uint8_t base, int64_t added) {
  result.written |= 1u << base;
  result.effect = {.op = EffectOp::kAdd, .target = base, .immediate = added};
}

/// By the fields size, V and opc, which stand at the same place in all classes of one register.
std::optional<Transfer> single_transfer(const Arm64Word& word) {
  const uint32_t size = word.bits(31, 30);
  const uint32_t opc = word.bits(23, 22);
  if (word.bit(26)) {
    if (opc >= 2 && size != 0) return std::nullopt;
    return Transfer{.size = opc >= 2 ? uint16_t{16} : bytes_of(size),
                    .kind = load_or_store((opc & 1) != 0),
                    .is_vector = true};
  }
  if (size == 3 && opc == 2) return Transfer{.size = 8, .is_hint = true};
  if (size >= 2 && opc == 3) return std::nullopt;
  const bool is_narrow = opc == 3 || (opc == 1 && size < 3);
  return Transfer{.size = bytes_of(size),
                  .kind = load_or_store(opc != 0),
                  .is_signed = opc >= 2,
                  .width = is_narrow ? uint8_t{4} : uint8_t{8}};
}

/// The operand of a load or store of one register; null if it accesses nothing.
MemoryOperand* add_single(const Arm64Word& word, const Transfer& transfer, Instruction& result) {
  if (transfer.is_hint) return nullptr;
  if (transfer.kind == AccessKind::kRead && !transfer.is_vector)
    load_into(result, word.first(), transfer);
  return &add_operand(result, word.base(), transfer.size, transfer.kind);
}

bool decode_register_offset(const Arm64Word& word, const Transfer& transfer, Instruction& result) {
  if (!word.bit(14)) return false;
  MemoryOperand* operand = add_single(word, transfer, result);
  if (operand == nullptr) return true;
  operand->index = arm64_register(word.index());
  operand->scale = word.bit(12) ? static_cast<uint8_t>(transfer.size) : uint8_t{1};
  operand->index_width = word.bit(13) ? 8 : 4;
  operand->is_index_signed = word.bit(15);
  return true;
}

bool decode_unscaled(const Arm64Word& word, const Transfer& transfer, Instruction& result) {
  enum Mode : uint32_t { kOffset, kPostIndex, kUnprivileged, kPreIndex };
  const uint32_t mode = word.bits(11, 10);
  const int64_t offset = word.signed_bits(20, 12);
  MemoryOperand* operand = add_single(word, transfer, result);
  if (operand == nullptr) return true;
  if (mode != kPostIndex) operand->displacement = offset;
  if (mode == kPostIndex || mode == kPreIndex) write_back(result, word.base(), offset);
  return true;
}

/// ldadd, ldclr, swp and their kin; ldapr stands among them.
bool decode_atomic(const Arm64Word& word, Instruction& result) {
  if (word.bit(26)) return false;
  const uint16_t size = bytes_of(word.bits(31, 30));
  const uint32_t operation = word.bits(15, 12);
  constexpr uint32_t kSwap = 8;
  constexpr uint32_t kLoadAcquire = 12;
  if (operation == kLoadAcquire && word.bits(23, 22) == 2) {
    load_into(result, word.first(), {.width = size == 8 ? uint8_t{8} : uint8_t{4}});
    add_operand(result, word.base(), size, AccessKind::kRead);
    return true;
  }
  if (operation > kSwap) return false;
  add_operand(result, word.base(), size, AccessKind::kReadWrite).is_locked = true;
  result.written |= arm64_register_set(word.first());
  return true;
}

/// ldraa and ldrab, which check the pointer that they load by. Bit 22 is the sign of the offset.
bool decode_authenticated(const Arm64Word& word, Instruction& result) {
  if (word.bits(31, 30) != 3 || word.bit(26)) return false;
  const int64_t magnitude = int64_t{word.bits(20, 12)} * 8;
  const int64_t offset = word.bit(22) ? magnitude - 4096 : magnitude;
  load_into(result, word.first(), {});
  add_operand(result, word.base(), 8, AccessKind::kRead).displacement = offset;
  if (word.bit(11)) write_back(result, word.base(), offset);
  return true;
}

bool decode_single(const Arm64Word& word, Instruction& result) {
  constexpr uint32_t kAtomic = 0;
  constexpr uint32_t kRegisterOffset = 2;
  const bool has_scaled_offset = word.bit(24);
  const uint32_t form = word.bits(11, 10);
  if (!has_scaled_offset && word.bit(21)) {
    if (form == kAtomic) return decode_atomic(word, result);
    if (form != kRegisterOffset) return decode_authenticated(word, result);
  }
  const auto transfer = single_transfer(word);
  if (!transfer) return false;
  if (!has_scaled_offset)
    return word.bit(21) ? decode_register_offset(word, *transfer, result)
                        : decode_unscaled(word, *transfer, result);
  if (MemoryOperand* operand = add_single(word, *transfer, result))
    operand->displacement = int64_t{word.bits(21, 10)} * transfer->size;
  return true;
}

/// Bytes of each register of a pair; 0 if there is no such pair.
uint16_t pair_element(const Arm64Word& word) {
  const uint32_t opc = word.bits(31, 30);
  if (opc == 3) return 0;
  if (word.bit(26)) return static_cast<uint16_t>(4u << opc);
  const bool is_tag_store = opc == 1 && !word.bit(22);
  if (is_tag_store) return 0;
  return opc == 2 ? 8 : 4;
}

/// The operand of a pair is both registers: the core accesses them together.
bool decode_pair(const Arm64Word& word, Instruction& result) {
  enum Mode : uint32_t { kNoAllocate, kPostIndex, kOffset, kPreIndex };
  const uint32_t mode = word.bits(24, 23);
  const bool is_load = word.bit(22);
  const uint16_t element = pair_element(word);
  if (element == 0) return false;
  const int64_t offset = word.signed_bits(21, 15) * element;
  MemoryOperand& operand =
      add_operand(result, word.base(), static_cast<uint16_t>(2 * element), load_or_store(is_load));
  if (mode != kPostIndex) operand.displacement = offset;
  if (is_load && !word.bit(26))
    result.written |= arm64_register_set(word.first()) |
                      arm64_register_set(static_cast<uint8_t>(word.bits(14, 10)));
  if (mode == kPostIndex || mode == kPreIndex) write_back(result, word.base(), offset);
  return true;
}

bool decode_literal(const Arm64Word& word, Instruction& result) {
  const uint32_t opc = word.bits(31, 30);
  const bool is_vector = word.bit(26);
  constexpr uint32_t kSignedWord = 2;
  if (opc == 3) return !is_vector;  // prfm
  const bool is_word = opc == 0 || (opc == kSignedWord && !is_vector);
  const uint16_t size = is_word ? 4 : opc == 1 ? 8 : 16;
  if (!is_vector)
    load_into(result, word.first(),
              {.is_signed = opc == kSignedWord, .width = opc == 0 ? uint8_t{4} : uint8_t{8}});
  add_operand(result, kImageBase, size, AccessKind::kRead).displacement =
      static_cast<int64_t>(word.address) + 4 * word.signed_bits(23, 5);
  return true;
}

/// ldapur, stlur and the like; false for the rest of their group.
bool decode_ordered_offset(const Arm64Word& word, Instruction& result) {
  if (word.bit(26) || word.bit(21) || word.bits(11, 10) != 0) return false;
  const auto transfer = single_transfer(word);
  return transfer && !transfer->is_hint && decode_unscaled(word, *transfer, result);
}

/// cas, and casp with twice the size. What was there ends up in the register, or in two.
void decode_compare_and_swap(const Arm64Word& word, bool is_pair, Instruction& result) {
  const uint16_t size = is_pair ? (word.bit(30) ? 16 : 8) : bytes_of(word.bits(31, 30));
  const uint8_t compared = word.index();
  result.written |= arm64_register_set(compared);
  if (is_pair) result.written |= arm64_register_set(compared | 1);
  add_operand(result, word.base(), size, AccessKind::kReadWrite).is_locked = true;
}

/// ldxr, stxr, ldxp, stxp, their ordered forms, ldar and stlr.
void decode_exclusive_or_ordered(const Arm64Word& word, Instruction& result) {
  const bool is_exclusive = !word.bit(23);
  const bool is_pair = word.bit(21);
  const bool is_load = word.bit(22);
  const uint16_t element = bytes_of(word.bits(31, 30));
  const auto size = static_cast<uint16_t>(is_pair ? 2 * element : element);
  add_operand(result, word.base(), size, load_or_store(is_load)).is_locked = is_exclusive;
  if (!is_load) {
    if (is_exclusive) result.written |= arm64_register_set(word.index());  // whether it succeeded
    return;
  }
  if (!is_pair) {
    load_into(result, word.first(), {.width = size == 8 ? uint8_t{8} : uint8_t{4}});
    return;
  }
  result.written |= arm64_register_set(word.first()) |
                    arm64_register_set(static_cast<uint8_t>(word.bits(14, 10)));
}

bool decode_exclusive(const Arm64Word& word, Instruction& result) {
  if (word.bit(24)) return false;
  const bool has_pair_bit = word.bit(21);
  const bool is_single_swap = word.bit(23) && has_pair_bit;
  const bool is_pair_swap = !word.bit(23) && has_pair_bit && !word.bit(31);
  if (!is_single_swap && !is_pair_swap) {
    decode_exclusive_or_ordered(word, result);
    return true;
  }
  if (word.bits(14, 10) != kArm64Zero) return false;
  decode_compare_and_swap(word, is_pair_swap, result);
  return true;
}

/// Bytes of ld1 to ld4 and st1 to st4 with whole vectors; 0 if there is no such instruction.
uint16_t whole_vectors_size(const Arm64Word& word) {
  static constexpr uint8_t kRegisters[16] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2};
  return static_cast<uint16_t>(kRegisters[word.bits(15, 12)] * (word.bit(30) ? 16 : 8));
}

/// The same with one element of each vector, or one for all elements.
uint16_t elements_size(const Arm64Word& word) {
  const uint32_t registers = (word.bits(13, 13) << 1 | word.bits(21, 21)) + 1;
  const uint32_t scale = word.bits(15, 14);
  const uint32_t element = scale == 3   ? bytes_of(word.bits(11, 10))
                           : scale == 2 ? (word.bit(10) ? 8 : 4)
                                        : 1u << scale;
  return static_cast<uint16_t>(registers * element);
}

bool decode_structure(const Arm64Word& word, Instruction& result) {
  if (word.bit(31)) return false;
  const uint16_t size = word.bit(24) ? elements_size(word) : whole_vectors_size(word);
  if (size == 0) return false;
  add_operand(result, word.base(), size, load_or_store(word.bit(22)));
  if (!word.bit(23)) return true;
  write_back(result, word.base(), size);
  if (word.index() == kArm64Zero) return true;
  result.effect.source = EffectSource::kRegister;
  result.effect.source_register = word.index();
  return true;
}

}  // namespace

bool decode_arm64_memory(const Arm64Word& word, Instruction& result) {
  switch (word.bits(29, 28)) {
    case 0:
      return word.bit(26) ? decode_structure(word, result) : decode_exclusive(word, result);
    case 1:
      return word.bit(24) ? decode_ordered_offset(word, result) : decode_literal(word, result);
    case 2:
      return decode_pair(word, result);
    default:
      return decode_single(word, result);
  }
}

}  // namespace quarrel
