// What do the kernel's tables say about every wait, exactly?
#pragma once

#include <cstdint>

#include "collect/mapped_array.h"
#include "collect/thread_table.h"
#include "model/recording.h"

namespace quarrel {

/// The maps of bpf/lock_waits.bpf.c: file descriptors, and those that are mapped.
struct LockWaitMaps {
  int histograms = -1;
  const MappedArray& waits;
  const MappedArray& holder_times;
  const MappedArray& locks;
  const MappedArray& threads;
};

/// What was added up, for the coverage law.
struct LockWaitSums {
  uint64_t ended = 0;      ///< waits in the recording that were woken
  uint64_t pending = 0;    ///< of them, those that the kernel may yet continue, and has not counted
  uint64_t open = 0;       ///< waits in the recording that had not ended
  uint64_t of_others = 0;  ///< of the ended, those counted by lock only
  /// Locks whose holders were followed in a part of the time (scale_of()), what was charged there,
  /// and what was waited for them, with which the charges were made to agree.
  uint64_t sampled_locks = 0;
  uint64_t sampled_ns = 0;
  uint64_t waited_for_sampled_ns = 0;
  bool are_scaled = false;  ///< the charges were made to agree
};

/// Replaces lock_waits, lock_stats and holder_times by what the kernel has counted, sorted. With
/// `open_until_ns` (only after the programs were detached), waits that are still going on count
/// once, up to then. Unless `has_all_holders`, what was sampled is not scaled: what is missing
/// would be charged to those who are there.
LockWaitSums read_lock_waits(const LockWaitMaps& maps, ThreadTable& threads, Recording& recording,
                             uint64_t open_until_ns, bool has_all_holders);

}  // namespace quarrel
