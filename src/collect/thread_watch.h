// How is one thread of another process watched at some bytes?
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "collect/perf_ring.h"
#include "collect/watch_slots.h"

namespace quarrel {

/// A thread used watched bytes, in user code.
struct WatchEvent {
  uint64_t ip = 0;  ///< behind the instruction that did
  uint64_t time_ns = 0;
  uint64_t address = 0;  ///< of the slot
};

/// Hardware watchpoints on one thread: reads and writes. They are perf events of this process, so
/// that the kernel takes them away when it ends, however it ends. The thread is not stopped.
class ThreadWatch {
 public:
  /// Prepares at most kWatchSlots slots. 0, or the errno of the kernel: ESRCH if the thread is
  /// gone, ENOSPC if its debug registers are taken.
  int open(int32_t tid, std::span<const WatchSlot> slots);

  /// From now on, until each slot has had so many hits.
  void arm(uint32_t hits_each);

  /// Hands over what has been hit since the last call. Returns how many hits were lost.
  uint64_t take(const std::function<void(const WatchEvent&)>& use);

  /// Every slot has had its hits.
  bool is_exhausted() const;

 private:
  struct Slot {
    Fd event;
    uint64_t address = 0;
    uint64_t hits = 0;
  };

  int map_buffer();

  std::vector<Slot> slots_;
  uint32_t hits_each_ = 0;
  PerfRing records_;
};

/// Measures on the calling thread what one hit costs, in ns: the least of several rounds. The error
/// says what the kernel refused.
Result<uint64_t> time_own_watch_hit();

}  // namespace quarrel
