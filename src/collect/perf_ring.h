// How do records of a perf event come from the kernel to us?
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/perf_record.h"

namespace quarrel {

struct PerfPagesUnmapper {
  size_t bytes = 0;
  void operator()(void* pages) const;
};

/// The pages into which the kernel writes the records of an event.
class PerfRing {
 public:
  /// Maps them, with a power of two of data pages. 0, or the errno of mmap.
  int map(int event, size_t data_pages);

  /// Hands over all records that have come, in order.
  void drain(const std::function<void(const PerfRecord&)>& take);

 private:
  std::unique_ptr<void, PerfPagesUnmapper> pages_;
};

/// How many records a PERF_RECORD_LOST says were lost; 0 for any other record.
uint64_t lost_in(const PerfRecord& record);

}  // namespace quarrel
