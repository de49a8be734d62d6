// At which instructions that the kernel emulates is the block known that a function returns, or
// that it was given?
#include "resolve/block_sites.h"

#include <utility>

#include "resolve/emulated.h"
#include "resolve/lock_registers.h"

namespace quarrel {
namespace {

constexpr size_t kMaxVisited = 256;
/// System V psABI, figure 3.4: a call leaves these as they were.
constexpr uint32_t kKeptByCalls =
    1u << kRbx | 1u << kRbp | 1u << kR12 | 1u << kR13 | 1u << kR14 | 1u << kR15;

bool has(uint32_t registers, uint8_t number) {
  return number < kRip && (registers >> number & 1) != 0;
}

/// Both outcomes of one branch are one site that needs no condition.
void merge_outcomes(std::set<BlockSite>& sites) {
  std::set<BlockSite> merged;
  for (BlockSite site : sites) {
    BlockSite other = site;
    other.condition ^= 1;
    if (site.condition != LockProbe::kAlways && sites.contains(other))
      site.condition = LockProbe::kAlways;
    merged.insert(site);
  }
  sites = std::move(merged);
}

/// Follows the value that a function returns from one of its ends back.
class ReturnSearch {
 public:
  explicit ReturnSearch(const ControlFlow& flow) : flow_(flow), places_(find_lock_places(flow)) {}

  /// Padding between blocks of code looks like instructions that lead on to the next block.
  bool is_reached(uint32_t index) const { return places_[index].has_value(); }

  /// The block is in `holder` when control has reached the instruction.
  void follow(uint32_t end, uint8_t holder) {
    visited_ = {{end, holder}};
    pending_ = {{end, holder}};
    while (!pending_.empty()) {
      const auto [at, number] = pending_.back();
      pending_.pop_back();
      const std::vector<FlowEdge> edges = flow_.edges_to(at);
      if (at == 0 || edges.empty() || visited_.size() > kMaxVisited) {
        ++result_.missed;
        return;
      }
      for (const FlowEdge& edge : edges)
        if (is_reached(edge.from)) step_back(edge, number);
    }
  }

  BlockSites& result() { return result_; }

 private:
  void step_back(const FlowEdge& edge, uint8_t holder) {
    const Instruction& one = flow_.instructions()[edge.from];
    const auto bytes = flow_.bytes_of(one);
    if (is_emulated(bytes)) {
      result_.sites.insert({one.address, holder, condition_of(bytes, edge.is_taken)});
      return;
    }
    const auto before = holder_before(one, holder);
    if (before && visited_.insert({edge.from, *before}).second)
      pending_.emplace_back(edge.from, *before);
  }

  /// Where the value was before the instruction; nullopt where it begins: as nothing, which needs
  /// no site, or as something that no branch has seen.
  std::optional<uint8_t> holder_before(const Instruction& one, uint8_t holder) {
    if (one.flow == Flow::kCall && has(kKeptByCalls, holder)) return holder;
    if (one.flow != Flow::kCall && one.flow != Flow::kSystemCall && !has(one.written, holder))
      return holder;
    if (one.idiom == LockIdiom::kClear) return std::nullopt;
    const RegisterEffect& effect = one.effect;
    const bool is_copy = effect.op == EffectOp::kMove && effect.target == holder &&
                         effect.source == EffectSource::kRegister && effect.width == 8;
    if (is_copy) return effect.source_register;
    ++result_.missed;
    return std::nullopt;
  }

  const ControlFlow& flow_;
  std::vector<std::optional<LockPlaces>> places_;  // only whether control comes there
  BlockSites result_;
  std::set<std::pair<uint32_t, uint8_t>> visited_;
  std::vector<std::pair<uint32_t, uint8_t>> pending_;
};

}  // namespace

BlockSites find_returned_block(const ControlFlow& flow, bool tail_call_returns_argument) {
  ReturnSearch search(flow);
  for (uint32_t index = 0; index < flow.instructions().size(); ++index) {
    const Instruction& one = flow.instructions()[index];
    if (!search.is_reached(index)) continue;
    if (one.is_return) search.follow(index, kRax);
    const bool is_tail_call =
        one.flow == Flow::kJump && one.target != 0 && !flow.function().index_at(one.target);
    if (!is_tail_call) continue;
    if (tail_call_returns_argument)
      search.follow(index, kRdi);
    else
      search.result().tail_calls.insert(one.target);
  }
  merge_outcomes(search.result().sites);
  return std::move(search.result());
}

BlockSites find_given_block(const ControlFlow& flow) {
  BlockSites result;
  const auto places = find_lock_places(flow);
  std::set<uint32_t> visited{0};
  std::vector<uint32_t> pending{0};
  while (!pending.empty()) {
    const uint32_t at = pending.back();
    pending.pop_back();
    const Instruction& one = flow.instructions()[at];
    const auto holder = places[at] ? lock_register(*places[at]) : std::nullopt;
    if (holder && is_emulated(flow.bytes_of(one))) {
      result.sites.insert({one.address, *holder});
      continue;
    }
    const auto edges = flow.edges_from(at);
    if (!holder || edges.empty() || one.flow == Flow::kCall) {
      ++result.missed;
      continue;
    }
    for (const FlowEdge& edge : edges)
      if (visited.insert(edge.to).second) pending.push_back(edge.to);
  }
  return result;
}

}  // namespace quarrel
