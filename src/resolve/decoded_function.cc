// Which instructions does a function have, what do they do to memory and to the registers, and from
// where can each be reached?
#include "resolve/decoded_function.h"

#include <algorithm>

namespace quarrel {

DecodedFunction::DecodedFunction(InstructionSet set, std::span<const uint8_t> code,
                                 uint64_t address)
    : set_(set) {
  const uint8_t unit = alignment_of(set);
  for (size_t offset = 0; offset < code.size();) {
    const auto instruction = decode_instruction(set, code.subspan(offset), address + offset);
    if (instruction) {
      instructions_.push_back(*instruction);
      offset += instruction->length;
    } else {
      undecodable_bytes_ += unit;
      offset += unit;
    }
  }
  link_branches();
}

void DecodedFunction::link_branches() {
  for (uint32_t source = 0; source < instructions_.size(); ++source) {
    if (instructions_[source].flow == Flow::kJump && instructions_[source].target == 0)
      jumps_indirectly_ = true;
    if (instructions_[source].target == 0 || instructions_[source].flow == Flow::kCall) continue;
    if (const auto target = index_at(instructions_[source].target))
      taken_branches_.push_back({*target, source});
  }
  std::sort(taken_branches_.begin(), taken_branches_.end());
}

std::optional<uint32_t> DecodedFunction::index_at(uint64_t address) const {
  const auto found = std::lower_bound(
      instructions_.begin(), instructions_.end(), address,
      [](const Instruction& one, uint64_t wanted) { return one.address < wanted; });
  if (found == instructions_.end() || found->address != address) return std::nullopt;
  return static_cast<uint32_t>(found - instructions_.begin());
}

bool DecodedFunction::may_be_entered_at(uint32_t index) const {
  if (index == 0) return true;
  const Instruction& before = instructions_[index - 1];
  const bool follows = before.flow == Flow::kNext || before.flow == Flow::kCall;
  return jumps_indirectly_ && !follows;
}

std::vector<uint32_t> DecodedFunction::predecessors(uint32_t index) const {
  std::vector<uint32_t> result;
  if (index > 0) {
    const Instruction& before = instructions_[index - 1];
    const bool is_adjacent = before.address + before.length == instructions_[index].address;
    const bool falls_through = before.flow != Flow::kJump && before.flow != Flow::kEnd;
    if (is_adjacent && falls_through) result.push_back(index - 1);
  }
  const auto first =
      std::lower_bound(taken_branches_.begin(), taken_branches_.end(), Edge{index, 0});
  for (auto edge = first; edge != taken_branches_.end() && edge->target == index; ++edge)
    result.push_back(edge->source);
  return result;
}

}  // namespace quarrel
