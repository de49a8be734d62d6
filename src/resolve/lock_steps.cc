// At which instructions that the kernel emulates does a function take a lock, or let go of it?
#include "resolve/lock_steps.h"

#include <algorithm>
#include <set>

#include "resolve/emulated.h"
#include "resolve/lock_registers.h"

namespace quarrel {
namespace {

constexpr int64_t kEbusy = 16;
constexpr size_t kMaxVisited = 64;

bool is_locked(const Instruction& instruction) {
  const auto memory = instruction.memory();
  return std::any_of(memory.begin(), memory.end(),
                     [](const MemoryOperand& operand) { return operand.is_locked; });
}

class SiteFinder {
 public:
  SiteFinder(const ControlFlow& flow, const LockShape& shape)
      : flow_(flow), shape_(shape), places_(find_lock_places(flow)) {}

  LockSites run() {
    for (uint32_t index = 0; index < places_.size(); ++index) {
      if (!places_[index]) continue;
      if (const auto step = step_of(index)) find_way_to(index, *step);
      add_tail_call(index);
    }
    for (const LockSite& site : found_) result_.sites.push_back(site);
    return std::move(result_);
  }

 private:
  std::optional<ProbedStep> step_of(uint32_t index) const {
    const Instruction& one = flow_.instructions()[index];
    const bool is_constant = one.effect.op == EffectOp::kMove &&
                             one.effect.source == EffectSource::kImmediate &&
                             one.effect.target == kRax;
    if (shape_.may_fail && is_constant && one.effect.immediate == kEbusy)
      return ProbedStep::kTryFailed;
    if (!stores_owner(one, *places_[index])) return std::nullopt;
    const bool is_register = one.stored.source_register != kNoRegister;
    if (shape_.acquires && is_register) return ProbedStep::kAcquired;
    if (shape_.releases && (is_register || one.stored.immediate == 0)) return ProbedStep::kReleased;
    return std::nullopt;
  }

  bool stores_owner(const Instruction& one, const LockPlaces& places) const {
    const auto memory = one.memory();
    if (!one.stored.is_known || memory.empty() || memory[0].size != sizeof(int32_t)) return false;
    return memory[0].base < kRip && (places.registers >> memory[0].base & 1) != 0 &&
           memory[0].index == kNoRegister && memory[0].displacement == shape_.owner_offset;
  }

  /// Adds the sites on all ways to the instruction, or none of them.
  void find_way_to(uint32_t index, ProbedStep step) {
    std::set<uint32_t> visited{index};
    std::vector<uint32_t> pending{index};
    std::vector<LockSite> sites;
    bool is_found = true;
    while (is_found && !pending.empty()) {
      const uint32_t at = pending.back();
      pending.pop_back();
      is_found = at != 0 && visited.size() <= kMaxVisited;
      for (const FlowEdge& edge : flow_.edges_to(at)) {
        if (!places_[edge.from]) continue;  // never reached
        if (const auto site = site_at(edge, step)) {
          sites.push_back(*site);
        } else if (may_step_over(edge.from)) {
          if (visited.insert(edge.from).second) pending.push_back(edge.from);
        } else {
          is_found = false;
        }
      }
    }
    if (is_found)
      found_.insert(sites.begin(), sites.end());
    else
      ++result_.missed;
  }

  std::optional<LockSite> site_at(const FlowEdge& edge, ProbedStep step) const {
    const Instruction& one = flow_.instructions()[edge.from];
    const auto bytes = flow_.bytes_of(one);
    const auto holder = lock_register(*places_[edge.from]);
    if (!holder || !is_emulated(bytes)) return std::nullopt;
    return LockSite{one.address, step, *holder, condition_of(bytes, edge.is_taken),
                    shape_.owner_offset};
  }

  bool may_step_over(uint32_t index) const {
    const Instruction& one = flow_.instructions()[index];
    return !is_locked(one) && one.flow != Flow::kCall && one.flow != Flow::kSystemCall;
  }

  void add_tail_call(uint32_t index) {
    const Instruction& one = flow_.instructions()[index];
    if (one.flow != Flow::kJump || one.target == 0 || flow_.function().index_at(one.target)) return;
    if ((places_[index]->registers >> kRdi & 1) != 0) result_.tail_calls.push_back(one.target);
  }

  const ControlFlow& flow_;
  const LockShape& shape_;
  std::vector<std::optional<LockPlaces>> places_;
  std::set<LockSite> found_;
  LockSites result_;
};

}  // namespace

LockSites find_lock_sites(const ControlFlow& flow, const LockShape& shape) {
  return SiteFinder(flow, shape).run();
}

}  // namespace quarrel
