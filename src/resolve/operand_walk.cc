// Which memory operands did control pass on its way to the sampled instruction?
#include "resolve/operand_walk.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <unordered_map>

namespace quarrel {
namespace {

/// Instructions before the window that may still load a pointer which the window uses.
constexpr uint8_t kContext = 8;
/// A join of many paths (the end of a big switch) is cut here; a sample costs bounded time.
constexpr size_t kMaxSteps = 64;
constexpr uint64_t kStackBelow = 4096;
constexpr uint64_t kStackAbove = 64 * 1024;
/// They begin with 2 KiB.
constexpr uint64_t kGoroutineStackAbove = 8 * 1024;
/// Around the thread pointer: most programs have less than 1 KiB of thread-locals; glibc's
/// descriptor of the thread, above, takes 2.3 KiB.
constexpr uint64_t kBlockBelow = 64 * 1024;
constexpr uint64_t kBlockAbove = 4096;
constexpr size_t kNoStep = SIZE_MAX;

/// One instruction on a path that ends at the sample.
struct Step {
  uint32_t instruction = 0;
  size_t next = kNoStep;  ///< the step executed after this one
  uint8_t distance = 0;
  bool is_certain_next = true;  ///< if `next` ran, this one ran just before it
  bool crosses_block = false;
  RegisterState before;
};

class OperandWalk {
 public:
  OperandWalk(const DecodedFunction& function, const RegisterState& registers,
              const Capture& capture, uint64_t bias, StackOwner owner)
      : function_(function), registers_(registers), capture_(capture), bias_(bias), owner_(owner) {}

  std::vector<MemoryAccess> run(uint32_t sampled) {
    collect(sampled);
    for (size_t i = steps_.size(); i-- > 1;) replay_into_next(i);
    std::vector<MemoryAccess> accesses;
    for (const Step& step : steps_)
      if (step.distance <= kOperandWindow) append_accesses(step, accesses);
    mark_exclusive(accesses);
    return accesses;
  }

 private:
  /// Breadth first, so that each instruction is met at its nearest and steps_ is in that order.
  void collect(uint32_t sampled) {
    steps_.push_back({.instruction = sampled, .before = registers_});
    step_of_[sampled] = 0;
    for (size_t i = 0; i < steps_.size(); ++i) {
      const auto predecessors = function_.predecessors(steps_[i].instruction);
      for (const uint32_t predecessor : predecessors)
        add_step(predecessor, i,
                 predecessors.size() == 1 && !function_.may_be_entered_at(steps_[i].instruction));
    }
  }

  void add_step(uint32_t predecessor, size_t next, bool is_only_way) {
    const Instruction& instruction = function_.instructions()[predecessor];
    // What stands behind a system call waits for the kernel, not for an access before it.
    if (instruction.flow == Flow::kSystemCall) return;
    const Step& after = steps_[next];
    const bool is_certain = is_only_way && instruction.flow != Flow::kCall;
    const bool is_context = after.distance >= kOperandWindow;
    if (is_context && (!is_certain || after.distance >= kOperandWindow + kContext)) return;
    if (steps_.size() >= kMaxSteps || !step_of_.try_emplace(predecessor, steps_.size()).second)
      return;
    steps_.push_back({.instruction = predecessor,
                      .next = next,
                      .distance = static_cast<uint8_t>(after.distance + 1),
                      .is_certain_next = is_certain,
                      .crosses_block = after.crosses_block || !is_certain,
                      .before = undo(instruction, after.before)});
  }

  using StepSet = std::bitset<kMaxSteps>;

  /// For each step those right before it on some way, without the sample itself. Empty if unknown
  /// ways lead into the window.
  std::vector<StepSet> direct_ways() const {
    std::vector<StepSet> ways(steps_.size());
    for (size_t i = 1; i < steps_.size(); ++i) {
      const uint32_t instruction = steps_[i].instruction;
      if (instruction != 0 && function_.may_be_entered_at(instruction)) return {};
      for (const uint32_t predecessor : function_.predecessors(instruction)) {
        const auto step = step_of_.find(predecessor);
        if (step != step_of_.end() && step->second != 0) ways[i].set(step->second);
      }
    }
    return ways;
  }

  /// For each step all from which control gets there without passing the sample.
  std::vector<StepSet> steps_before() const {
    std::vector<StepSet> before = direct_ways();
    for (bool is_growing = true; is_growing;) {
      is_growing = false;
      for (size_t i = before.size(); i-- > 1;) {
        const StepSet known = before[i];
        for (size_t step = 1; step < before.size(); ++step)
          if (known[step]) before[i] |= before[step];
        is_growing |= before[i] != known;
      }
    }
    return before;
  }

  /// Two accesses exclude each other if neither comes before the other on any way to the sample.
  void mark_exclusive(std::vector<MemoryAccess>& accesses) const {
    const auto crosses = [](const MemoryAccess& access) { return access.crosses_block; };
    if (std::count_if(accesses.begin(), accesses.end(), crosses) < 2) return;
    const std::vector<StepSet> before = steps_before();
    if (before.empty()) return;
    const size_t count = std::min<size_t>(accesses.size(), std::numeric_limits<uint32_t>::digits);
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j < count; ++j)
        if (exclude_each_other(before, step_at(accesses[i].instruction),
                               step_at(accesses[j].instruction)))
          accesses[i].excludes |= 1u << j;
  }

  /// All ways lead to the sample itself, step 0.
  static bool exclude_each_other(const std::vector<StepSet>& before, size_t a, size_t b) {
    return a != b && a != 0 && b != 0 && !before[a][b] && !before[b][a];
  }

  size_t step_at(uint64_t address) const {
    return step_of_.at(*function_.index_at(address - bias_));
  }

  /// Passes on what step `i` knows to the step after it, where that one surely followed.
  void replay_into_next(size_t i) {
    const Step& step = steps_[i];
    if (!step.is_certain_next) return;
    const StackSlots slots(*this, step.next);
    const RegisterState after =
        replay(function_.instructions()[step.instruction], step.before, slots, bias_);
    steps_[step.next].before.fill_from(after);
  }

  /// Captured stack bytes, as far as no instruction between a load and the sample changed them.
  class StackSlots : public LoadedValues {
   public:
    StackSlots(const OperandWalk& walk, size_t first_after) : walk_(walk), first_(first_after) {}

    std::optional<uint64_t> load(uint64_t address, uint8_t size) const override {
      // System V psABI: the thread pointer points to itself, so that code can load it.
      const uint64_t fs_base = walk_.registers_.fs_base;
      if (fs_base != 0 && address == fs_base && size == sizeof(fs_base)) return fs_base;
      for (size_t step = first_; step != 0 && step != kNoStep; step = walk_.steps_[step].next)
        if (walk_.stores_into(walk_.steps_[step], address, size)) return std::nullopt;
      return captured_value(walk_.capture_, address, size);
    }

   private:
    const OperandWalk& walk_;
    size_t first_;
  };

  bool stores_into(const Step& step, uint64_t address, uint8_t size) const {
    const Instruction& instruction = function_.instructions()[step.instruction];
    if (instruction.stack_delta < 0 && step.before.knows(kRsp)) {
      const auto pushed = static_cast<uint64_t>(-int64_t{instruction.stack_delta});
      if (overlaps(step.before.values[kRsp] - pushed, pushed, address, size)) return true;
    }
    for (const MemoryOperand& operand : instruction.memory()) {
      if (operand.kind == AccessKind::kRead || operand.is_address_only) continue;
      const auto stored = effective_address(operand, step.before, bias_);
      if (stored && overlaps(*stored, operand.size, address, size)) return true;
    }
    return false;
  }

  static bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
    return a - b < b_size || b - a < a_size;
  }

  void append_accesses(const Step& step, std::vector<MemoryAccess>& accesses) const {
    const Instruction& instruction = function_.instructions()[step.instruction];
    for (const MemoryOperand& operand : instruction.memory()) {
      if (operand.is_address_only) continue;
      const auto address = effective_address(operand, step.before, bias_);
      const uint16_t size = accessed_size(operand, step);
      if (!address || size == 0) continue;
      accesses.push_back({.instruction = instruction.address + bias_,
                          .address = *address,
                          .size = size,
                          .kind = operand.kind,
                          .is_locked = operand.is_locked,
                          .distance = step.distance,
                          .crosses_block = step.crosses_block,
                          .is_own_stack = is_own_stack(*address) || is_own_block(*address)});
    }
  }

  /// A repeated access that is under way still has rcx elements to go.
  static uint16_t accessed_size(const MemoryOperand& operand, const Step& step) {
    if (!operand.is_repeated || operand.size == 0) return operand.size;
    if (!step.before.knows(kRcx)) return 0;
    constexpr uint64_t kMost = std::numeric_limits<uint16_t>::max();
    const uint64_t count = std::min<uint64_t>(step.before.values[kRcx], kMost / operand.size);
    return static_cast<uint16_t>(count * operand.size);
  }

  bool is_own_stack(uint64_t address) const {
    const uint64_t top = registers_.values[stack_pointer_of(function_.instruction_set())];
    const uint64_t lowest = top - kStackBelow;
    const bool is_goroutine = owner_ == StackOwner::kGoroutine;
    return address - lowest < kStackBelow + (is_goroutine ? kGoroutineStackAbove : kStackAbove);
  }

  /// In the thread-locals or what libc keeps of the thread.
  bool is_own_block(uint64_t address) const {
    const uint64_t fs_base = registers_.fs_base;
    if (owner_ == StackOwner::kGoroutine) return false;
    return fs_base != 0 && address - (fs_base - kBlockBelow) < kBlockBelow + kBlockAbove;
  }

  const DecodedFunction& function_;
  const RegisterState& registers_;
  const Capture& capture_;
  uint64_t bias_;
  StackOwner owner_;
  std::vector<Step> steps_;
  std::unordered_map<uint32_t, size_t> step_of_;  // by instruction
};

}  // namespace

std::vector<MemoryAccess> walk_operands(const DecodedFunction& function, uint32_t sampled,
                                        const RegisterState& registers, const Capture& capture,
                                        uint64_t bias, StackOwner owner) {
  return OperandWalk(function, registers, capture, bias, owner).run(sampled);
}

}  // namespace quarrel
