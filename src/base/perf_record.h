// What is one record of perf events, from the kernel or from a file?
#pragma once

#include <cstdint>
#include <span>

namespace quarrel {

/// A record of perf_event_open(2) without its header.
struct PerfRecord {
  uint32_t type = 0;  ///< PERF_RECORD_*
  uint16_t misc = 0;
  std::span<const uint8_t> body;  ///< valid only while the reader hands it over
};

}  // namespace quarrel
