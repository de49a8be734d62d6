// Which instructions does a function have, what do they do to memory and to the registers, and from
// where can each be reached?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolve/instruction.h"

namespace quarrel {

/// A decoded function. Addresses are those of the image it came from.
class DecodedFunction {
 public:
  /// Decodes from the first byte on. Where no instruction starts, the smallest unit of code is
  /// skipped, and nothing falls through it.
  DecodedFunction(InstructionSet set, std::span<const uint8_t> code, uint64_t address);

  InstructionSet instruction_set() const { return set_; }
  const std::vector<Instruction>& instructions() const { return instructions_; }
  size_t undecodable_bytes() const { return undecodable_bytes_; }

  /// The index of the instruction that begins at `address`.
  std::optional<uint32_t> index_at(uint64_t address) const;

  /// Indices of the instructions from which `index` can be reached in one step, the one before it
  /// first. Indirect jumps are not known.
  std::vector<uint32_t> predecessors(uint32_t index) const;

  /// False if `index` is reached from its predecessors only. Any target of a branch may also be
  /// that of an indirect jump, if the function has one.
  bool may_be_entered_at(uint32_t index) const;

 private:
  struct Edge {
    uint32_t target = 0;
    uint32_t source = 0;
    auto operator<=>(const Edge&) const = default;
  };

  void link_branches();

  InstructionSet set_;
  std::vector<Instruction> instructions_;
  std::vector<Edge> taken_branches_;  // sorted
  bool jumps_indirectly_ = false;
  size_t undecodable_bytes_ = 0;
};

}  // namespace quarrel
