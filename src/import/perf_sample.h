// What does one sample of a perf.data file say?
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "import/perf_event.h"

namespace quarrel {

struct PerfSample {
  uint64_t ip = 0;
  uint32_t pid = 0;
  uint32_t tid = 0;
  uint64_t time = 0;
  uint64_t address = 0;
  uint32_t cpu = 0;
  uint64_t period = 0;
  uint64_t data_source = 0;
  uint64_t physical_address = 0;
  uint32_t latency_cycles = 0;
  uint32_t instruction_cycles = 0;
  std::span<const uint8_t> callchain;  ///< words of 8 bytes, within the record
};

/// Nullopt if the record is shorter than its event says, or of a layout that is not known.
std::optional<PerfSample> parse_perf_sample(const PerfEvent& event, std::span<const uint8_t> body);

}  // namespace quarrel
