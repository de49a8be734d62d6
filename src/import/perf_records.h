// Which records does a perf.data file hold, one after the other?
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/perf_record.h"
#include "import/perf_input.h"

namespace quarrel {

/// How far the records could be followed.
struct RecordsRead {
  uint64_t records = 0;
  uint64_t lost_bytes = 0;  ///< behind a place from which no further record can be found
  std::string damage;       ///< what was found there; empty: all was read
};

/// Calls `visit` for every record from `offset` on for `size` bytes, also those in compressed
/// records. No record is believed to be longer than what is there.
RecordsRead read_perf_records(const PerfInput& input, uint64_t offset, uint64_t size,
                              const std::function<void(const PerfRecord&)>& visit);

}  // namespace quarrel
