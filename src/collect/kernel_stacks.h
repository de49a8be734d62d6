// Which stacks did the kernel unwind itself, and how long was waited on each?
#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/result.h"
#include "collect/bpf_unwind_tables.h"
#include "collect/collector.h"

namespace quarrel {

/// The maps of a BPF program by which stacks are unwound in the kernel.
struct KernelStackMaps {
  UnwindMaps unwind;
  bpf_map* stacks = nullptr;  ///< unwound_stacks
  bpf_map* waits = nullptr;   ///< stack_waits of lock_waits; may be null
};

class KernelStacks {
 public:
  /// To be called before the load.
  static void set_sizes(const KernelStackMaps& maps, const CollectServices& services);

  /// To be called after the load. From then on stacks can be unwound in the kernel.
  Result<void> open(const KernelStackMaps& maps, CollectServices services);
  bool is_open() const { return stacks_fd_ >= 0; }

  /// Gives the kernel the tables of the target as it is now.
  void update();

  /// The stack that the kernel gave this number; invalid if it is not known.
  StackId stack_of(uint64_t kernel_id);

  /// Notes what unwinding a copy of the same stack gave.
  void compare(StackId by_kernel, StackId by_copy);

  /// Appends what was summed in the kernel to Recording::wait_stacks and sorts these; returns the
  /// number of waits in it.
  uint64_t write_exact_to(Recording& recording);

  uint64_t compared() const { return compared_; }
  uint64_t different() const { return different_; }
  uint64_t left_out() const { return tables_.left_out(); }  ///< mappings without a table

 private:
  CollectServices services_;
  BpfUnwindTables tables_;
  int stacks_fd_ = -1;
  int waits_fd_ = -1;
  std::unordered_map<uint64_t, StackId> known_;
  uint64_t compared_ = 0;
  uint64_t different_ = 0;
};

}  // namespace quarrel
