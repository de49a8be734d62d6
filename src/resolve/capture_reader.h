// What does one captured thread say: where it was, and which memory it touched?
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/recording.h"
#include "resolve/allocation_probes.h"
#include "resolve/go_probes.h"
#include "resolve/lock_probes.h"
#include "resolve/operands.h"
#include "resolve/unwinder.h"
#include "resolve/watch_targets.h"

namespace quarrel {

/// Turns captures into stacks and memory operands of one growing recording.
class CaptureReader {
 public:
  /// `recording` must outlive the reader; `sysroot` is put before module paths.
  CaptureReader(Recording& recording, const std::string& sysroot, int32_t pid)
      : recording_(recording),
        unwinder_(recording, sysroot, pid),
        operands_(recording, sysroot),
        stacks_(recording),
        sysroot_(sysroot) {}

  StackId unwind(const Capture& capture) { return stacks_.add(unwinder_.unwind(capture)); }

  /// Of a stack that was unwound elsewhere, whole: equal stacks share an id.
  StackId add_stack(const std::vector<Frame>& calls);

  std::vector<MappedUnwindTable> unwind_tables() { return unwinder_.tables(); }

  std::vector<LockProbePlan> lock_probes() { return plan_lock_probes(recording_, sysroot_); }

  /// Of files that were mapped since the last call.
  std::vector<AllocationProbePlan> allocation_probes() {
    return plan_allocation_probes(recording_, sysroot_, seen_for_allocations_);
  }

  std::vector<GoProbePlan> go_probes() { return plan_go_probes(recording_, sysroot_); }

  std::vector<MemoryAccess> decode_operands(const Capture& capture) {
    return operands_.decode(capture);
  }

  std::vector<WatchTarget> watch_targets() const { return find_watch_targets(recording_); }

  std::optional<MemoryAccess> access_before(uint64_t ip) { return operands_.access_before(ip); }

  /// Brings the row "unwind_check" of the recording's coverage up to date: how many stacks were
  /// unwound in two ways, and how many of them alike.
  void write_coverage();

  /// To be called after Recording::mappings changed.
  void mappings_changed() {
    unwinder_.mappings_changed();
    operands_.mappings_changed();
  }

 private:
  Recording& recording_;
  Unwinder unwinder_;
  OperandDecoder operands_;
  StackTable stacks_;
  std::string sysroot_;
  std::set<ModuleId> seen_for_allocations_;
};

}  // namespace quarrel
