// Do threads fight over one object, or over several that lie side by side?
#pragma once

#include <optional>
#include <string>

#include "join/line_evidence.h"

namespace quarrel {

/// Objects of one record, or scalar elements of one array, on the hottest line.
struct Neighbours {
  std::string name;  ///< "WorkerStats", or "g_counts[]"
  bool is_record = false;
  uint64_t count = 0;
  uint64_t stride = 0;            ///< bytes from one to the next
  bool share_one_object = false;  ///< some threads fight over fields of one and the same object
};

/// Nothing unless all fields of the line belong to such objects, of which there are two or more.
std::optional<Neighbours> find_neighbours(const LineEvidence& evidence);

}  // namespace quarrel
