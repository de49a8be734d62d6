// How do samples of memory accesses come from the kernel to us?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/fd.h"
#include "base/result.h"
#include "collect/memory_events.h"
#include "collect/perf_ring.h"
#include "model/recording.h"

namespace quarrel {

/// A sample as it comes: the thread is still a number.
struct RingSample {
  MemorySample sample;
  int32_t pid = 0;
  int32_t tid = 0;
};

/// What one record of the ring says: a sample, or that samples were lost.
struct RingRecord {
  std::optional<RingSample> sample;
  uint64_t lost = 0;
};

/// Reads a record of an event that MemoryRing::open opened.
RingRecord parse_ring_record(const PerfRecord& record, MemoryEvent kind);

/// One event on one CPU, with the pages that the kernel writes its samples into.
class MemoryRing {
 public:
  /// Opens the event, disabled. `leader` (-1: none) is the event of its group. The kernel's errno
  /// is part of the message.
  static Result<MemoryRing> open(const MemoryEventSpec& spec, uint32_t cpu, uint32_t hz,
                                 int leader);
  MemoryRing(MemoryRing&&) noexcept = default;
  MemoryRing& operator=(MemoryRing&&) noexcept = default;

  int fd() const { return fd_.get(); }
  void enable() const;
  void disable() const;

  /// Hands over all records that have come.
  void drain(const std::function<void(const RingRecord&)>& take);

 private:
  MemoryRing() = default;

  Fd fd_;
  MemoryEvent kind_ = MemoryEvent::kUnknown;
  PerfRing records_;
};

}  // namespace quarrel
