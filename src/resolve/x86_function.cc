// Which instructions does a function have, what do they do to memory and to the registers, and from
// where can each be reached?
#include "resolve/x86_function.h"

#include <algorithm>

#include "resolve/x86_decode.h"

namespace quarrel {

X86Function::X86Function(std::span<const uint8_t> code, uint64_t address) {
  for (size_t offset = 0; offset < code.size();) {
    const auto instruction = decode_instruction(code.subspan(offset), address + offset);
    if (instruction) {
      instructions_.push_back(*instruction);
      offset += instruction->length;
    } else {
      ++undecodable_bytes_;
      ++offset;
    }
  }
  link_branches();
}

void X86Function::link_branches() {
  for (uint32_t source = 0; source < instructions_.size(); ++source) {
    if (instructions_[source].target == 0) continue;
    if (const auto target = index_at(instructions_[source].target))
      taken_branches_.push_back({*target, source});
  }
  std::sort(taken_branches_.begin(), taken_branches_.end());
}

std::optional<uint32_t> X86Function::index_at(uint64_t address) const {
  const auto found = std::lower_bound(
      instructions_.begin(), instructions_.end(), address,
      [](const X86Instruction& one, uint64_t wanted) { return one.address < wanted; });
  if (found == instructions_.end() || found->address != address) return std::nullopt;
  return static_cast<uint32_t>(found - instructions_.begin());
}

std::vector<uint32_t> X86Function::predecessors(uint32_t index) const {
  std::vector<uint32_t> result;
  if (index > 0) {
    const X86Instruction& before = instructions_[index - 1];
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
