// What does one instruction do to memory and to the general registers?
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "model/capture.h"
#include "model/recording.h"

namespace quarrel {

/// By the machine of the ELF file.
enum class InstructionSet : uint8_t { kX86_64, kArm64 };

/// Registers stand by their DWARF numbers: DwarfRegister of x86-64; of aarch64 x0 to x30 and then
/// sp (DWARF for the Arm 64-bit Architecture, 4.1). These two stand in place of a register.
inline constexpr uint8_t kNoRegister = 0xff;
inline constexpr uint8_t kImageBase = 0xfe;  ///< a displacement from it is an address in the image

inline constexpr uint8_t kArm64StackPointer = 31;
inline constexpr uint8_t kGeneralRegisters = 32;  ///< of the set that has the most

/// A memory operand as encoded.
struct MemoryOperand {
  uint8_t base = kNoRegister;
  uint8_t index = kNoRegister;
  uint8_t scale = 1;
  uint8_t index_width = 8;       ///< bytes of the index that count
  bool is_index_signed = false;  ///< how a narrower one is extended
  int64_t displacement = 0;
  uint16_t size = 0;  ///< bytes of one access
  AccessKind kind = AccessKind::kRead;
  bool is_locked = false;        ///< atomic: lock prefix, xchg; aarch64: atomics and exclusives
  bool is_repeated = false;      ///< rep prefix: rcx accesses, upwards from the address
  bool is_known = true;          ///< false: fs/gs-relative or a vector index; no address
  bool is_fs_relative = false;   ///< then the address also takes the thread pointer
  bool is_address_only = false;  ///< lea: computed but not accessed
};

enum class EffectOp : uint8_t {
  kOpaque,  ///< what is written cannot be computed
  kMove,
  kAdd,
  kSubtract,
  kShiftLeft
};
enum class EffectSource : uint8_t { kImmediate, kRegister, kLoad, kAddress };

/// How an instruction computes the one general register that it writes.
struct RegisterEffect {
  EffectOp op = EffectOp::kOpaque;
  uint8_t target = kNoRegister;
  uint8_t width = 8;  ///< bytes written; 4 clears the upper half
  EffectSource source = EffectSource::kImmediate;
  uint8_t source_register = kNoRegister;
  uint8_t source_width = 8;  ///< bytes read from source_register or memory
  bool is_sign_extended = false;
  int64_t immediate = 0;
};

/// What a mov writes to memory: a register, or a constant.
struct StoredValue {
  bool is_known = false;
  uint8_t source_register = kNoRegister;  ///< else it is the constant
  int64_t immediate = 0;
};

/// How control leaves an instruction.
enum class Flow : uint8_t { kNext, kBranch, kJump, kCall, kSystemCall, kEnd };

/// Instructions that tell a lock apart from other code.
enum class LockIdiom : uint8_t { kNone, kPause, kExchange, kCompareExchange, kClear };

struct Instruction {
  uint64_t address = 0;
  uint64_t target = 0;  ///< of a direct kBranch, kJump or kCall; else 0
  uint8_t length = 0;
  Flow flow = Flow::kNext;
  bool is_return = false;  ///< of the kinds of kEnd
  LockIdiom idiom = LockIdiom::kNone;
  uint8_t operand_count = 0;
  int8_t stack_delta = 0;  ///< push and pop: bytes added to rsp
  uint32_t written = 0;    ///< set of general registers: bit 1 << number
  RegisterEffect effect;
  StoredValue stored;
  std::array<MemoryOperand, 2> operands;

  std::span<const MemoryOperand> memory() const { return {operands.data(), operand_count}; }
};

/// The number of the stack pointer.
uint8_t stack_pointer_of(InstructionSet set);

/// Bytes from one place where an instruction may begin to the next.
uint8_t alignment_of(InstructionSet set);

/// Decodes the instruction at the first byte of `code`, which stands at `address`; nullopt if the
/// bytes are no instruction, or none that is known.
std::optional<Instruction> decode_instruction(InstructionSet set, std::span<const uint8_t> code,
                                              uint64_t address);

}  // namespace quarrel
