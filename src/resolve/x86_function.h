// Which instructions does a function have, what do they do to memory and to the registers, and from
// where can each be reached?
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/capture.h"
#include "model/recording.h"

namespace quarrel {

/// In place of a DwarfRegister: the operand has no such part.
inline constexpr uint8_t kNoRegister = kRegisterCount;

/// A memory operand as encoded. With base kRip the displacement is the whole address.
struct MemoryOperand {
  uint8_t base = kNoRegister;
  uint8_t index = kNoRegister;
  uint8_t scale = 1;
  int64_t displacement = 0;
  uint16_t size = 0;  ///< bytes of one access
  AccessKind kind = AccessKind::kRead;
  bool is_locked = false;
  bool is_repeated = false;      ///< rep prefix: rcx accesses, upwards from the address
  bool is_known = true;          ///< false: fs/gs-relative or a vector index; no address
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

/// How control leaves an instruction.
enum class Flow : uint8_t { kNext, kBranch, kJump, kCall, kSystemCall, kEnd };

struct X86Instruction {
  uint64_t address = 0;
  uint64_t target = 0;  ///< of a direct kBranch or kJump; else 0
  uint8_t length = 0;
  Flow flow = Flow::kNext;
  uint8_t operand_count = 0;
  int8_t stack_delta = 0;  ///< push and pop: bytes added to rsp
  uint32_t written = 0;    ///< set of general registers: bit 1 << DwarfRegister
  RegisterEffect effect;
  std::array<MemoryOperand, 2> operands;

  std::span<const MemoryOperand> memory() const { return {operands.data(), operand_count}; }
};

/// A decoded function. Addresses are those of the image it came from.
class X86Function {
 public:
  /// Decodes from the first byte on. A byte that starts no instruction is skipped, and nothing
  /// falls through it.
  X86Function(std::span<const uint8_t> code, uint64_t address);

  const std::vector<X86Instruction>& instructions() const { return instructions_; }
  size_t undecodable_bytes() const { return undecodable_bytes_; }

  /// The index of the instruction that begins at `address`.
  std::optional<uint32_t> index_at(uint64_t address) const;

  /// Indices of the instructions from which `index` can be reached in one step, the one before it
  /// first. Indirect jumps are not known.
  std::vector<uint32_t> predecessors(uint32_t index) const;

 private:
  struct Edge {
    uint32_t target = 0;
    uint32_t source = 0;
    auto operator<=>(const Edge&) const = default;
  };

  void link_branches();

  std::vector<X86Instruction> instructions_;
  std::vector<Edge> taken_branches_;  // sorted
  size_t undecodable_bytes_ = 0;
};

}  // namespace quarrel
