// Where did threads wait: by stack, longest, and when?
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "collect/exemplar_budget.h"
#include "model/recording.h"

namespace quarrel {

/// One wait that was captured, with its stack unwound.
struct CapturedWait {
  uint64_t address = 0;
  FutexSignature signature;
  bool wants_a_lock = false;  ///< as opposed to waiting for an event
  ThreadId waiter;
  ThreadId owner;
  StackId stack;
  uint64_t wait_ns = 0;
  uint64_t weight_ns = 0;   ///< what it stands for; 0: only taken for the name
  bool is_example = false;  ///< of waits that are summed by stack elsewhere
  Capture capture;
};

/// Adds captured waits up.
class CapturedWaits {
 public:
  static constexpr size_t kLongWaits = 50;
  /// A slice takes 24 bytes; this many are enough for an hour of 70 hot locks.
  static constexpr size_t kMaxSlices = 1 << 20;

  /// Exemplars go into `recording` at once, the rest by write_to.
  void add(const CapturedWait& wait, Recording& recording);

  void add_wake(const WakeStack& wake);

  /// Replaces wait_stacks, wake_stacks, long_waits and wait_slices, each in a fixed order.
  void write_to(Recording& recording) const;

  const ExemplarBudget& exemplars() const { return exemplars_; }
  uint64_t refused_slices() const { return refused_slices_; }

 private:
  using StackKey = std::tuple<uint64_t, FutexSignature, ThreadId, ThreadId, StackId>;

  void add_to_stack(const CapturedWait& wait);
  void add_to_slice(const CapturedWait& wait, uint64_t run_start_ns);
  void add_to_longest(const CapturedWait& wait);

  std::map<StackKey, WaitStack> stacks_;
  std::map<std::tuple<uint64_t, ThreadId, StackId>, WakeStack> wakes_;
  std::map<std::pair<uint64_t, uint32_t>, uint64_t> slices_;  // (address, slice) -> ns
  std::vector<LongWait> longest_;                             // a heap with the shortest in front
  ExemplarBudget exemplars_;
  uint64_t refused_slices_ = 0;
};

}  // namespace quarrel
