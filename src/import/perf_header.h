// What kind of perf.data file is it, and where do its records stand?
#pragma once

#include <cstdint>

#include "base/result.h"
#include "import/perf_event.h"
#include "import/perf_facts.h"
#include "import/perf_input.h"

namespace quarrel {

struct PerfHeader {
  bool is_piped = false;  ///< then events and features stand among the records
  uint64_t data_offset = 0;
  uint64_t data_bytes = 0;
  uint64_t missing_bytes = 0;  ///< of the records, beyond the end of the file
  bool is_unfinished = false;  ///< perf was killed: the header was never completed
  PerfEventTable events;
  PerfFacts facts;
};

/// Errors say what the file is instead, or which part of the header is damaged.
Result<PerfHeader> read_perf_header(const PerfInput& input);

}  // namespace quarrel
