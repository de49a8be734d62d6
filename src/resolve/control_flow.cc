// From which instruction of a function to which other can control pass, and by which way?
#include "resolve/control_flow.h"

#include <algorithm>
#include <cstring>

namespace quarrel {
namespace {

// The lock functions of glibc have up to 3 KiB.
constexpr uint64_t kMaxFunctionBytes = 32u << 10;
// A jump table is computed right before it is used.
constexpr uint32_t kMaxTableDistance = 8;
constexpr size_t kMaxTableEntries = 512;

std::vector<uint8_t> bytes_in(const CodeImage& image, const CodeRange& range) {
  return image.read(range.start, range.end - range.start);
}

/// abort, __assert_fail and the like have no way out.
bool never_returns(const FunctionSource& source, uint64_t address) {
  const auto range = source.starting_at(address);
  if (!range) return false;
  const DecodedFunction callee(source.image.instruction_set(), bytes_in(source.image, *range),
                               range->start);
  return std::none_of(callee.instructions().begin(), callee.instructions().end(),
                      [&](const Instruction& one) {
                        if (one.flow == Flow::kJump || one.flow == Flow::kBranch)
                          return one.target < range->start || one.target >= range->end;
                        return one.is_return;
                      });
}

}  // namespace

std::optional<CodeRange> FunctionSource::starting_at(uint64_t address) const {
  auto range = image.function_at(address);
  const auto symbol = symbol_sizes.find(address);
  if (!range && symbol != symbol_sizes.end()) range = {address, address + symbol->second};
  if (!range || range->start != address || range->end - range->start > kMaxFunctionBytes)
    return std::nullopt;
  return range;
}

std::optional<ControlFlow> ControlFlow::read(const FunctionSource& source, uint64_t address) {
  const auto range = source.starting_at(address);
  if (!range) return std::nullopt;
  ControlFlow flow(source, *range);
  if (flow.instructions().empty()) return std::nullopt;
  return flow;
}

ControlFlow::ControlFlow(const FunctionSource& source, const CodeRange& range)
    : code_(bytes_in(source.image, range)),
      function_(source.image.instruction_set(), code_, range.start) {
  for (uint32_t index = 0; index < instructions().size(); ++index) {
    first_.push_back(edges_.size());
    link(source, index);
  }
  first_.push_back(edges_.size());
}

void ControlFlow::link(const FunctionSource& source, uint32_t index) {
  const Instruction& from = instructions()[index];
  const bool is_dead_end = from.flow == Flow::kCall && from.target != 0 &&
                           !function_.index_at(from.target) && never_returns(source, from.target);
  if (from.flow != Flow::kJump && from.flow != Flow::kEnd && !is_dead_end)
    if (const auto next = function_.index_at(from.address + from.length))
      edges_.push_back({index, *next, false});
  if (from.flow != Flow::kJump && from.flow != Flow::kBranch) return;
  if (from.target == 0)
    link_table(source.image, index);
  else if (const auto target = function_.index_at(from.target))
    edges_.push_back({index, *target, true});
}

/// gcc and clang: lea TABLE(%rip),%a; movslq (%a,%i,4),%b; add %a,%b; jmp *%b.
std::optional<uint64_t> ControlFlow::table_before(uint32_t index) const {
  for (uint32_t back = 1; back <= std::min(index, kMaxTableDistance); ++back) {
    const Instruction& one = instructions()[index - back];
    const auto memory = one.memory();
    if (one.effect.source == EffectSource::kAddress && !memory.empty() &&
        memory[0].base == kImageBase)
      return static_cast<uint64_t>(memory[0].displacement);
  }
  return std::nullopt;
}

/// The table ends where an entry leads to no instruction of this function. Entries of a table that
/// happens to follow may be taken for more of it: paths too many are no harm.
void ControlFlow::link_table(const CodeImage& image, uint32_t index) {
  const auto table = table_before(index);
  const auto bytes =
      table ? image.read(*table, kMaxTableEntries * sizeof(int32_t)) : std::vector<uint8_t>{};
  const size_t edges_before = edges_.size();
  for (size_t at = 0; at + sizeof(int32_t) <= bytes.size(); at += sizeof(int32_t)) {
    int32_t distance;
    std::memcpy(&distance, &bytes[at], sizeof(distance));
    const auto target = function_.index_at(*table + static_cast<uint64_t>(int64_t{distance}));
    if (!target) break;
    edges_.push_back({index, *target, true});
  }
  if (edges_.size() == edges_before) has_unknown_jumps_ = true;
}

std::span<const uint8_t> ControlFlow::bytes_of(const Instruction& instruction) const {
  const size_t offset = instruction.address - instructions().front().address;
  return std::span(code_).subspan(offset, instruction.length);
}

std::span<const FlowEdge> ControlFlow::edges_from(uint32_t index) const {
  return std::span(edges_).subspan(first_[index], first_[index + 1] - first_[index]);
}

std::vector<FlowEdge> ControlFlow::edges_to(uint32_t index) const {
  std::vector<FlowEdge> found;
  std::copy_if(edges_.begin(), edges_.end(), std::back_inserter(found),
               [&](const FlowEdge& edge) { return edge.to == index; });
  return found;
}

}  // namespace quarrel
