// Where in the recording does a collector keep its account?
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "model/recording.h"

namespace quarrel {

/// The row of that collector, added if there is none. Valid until the next row is added.
inline Coverage& coverage_row(Recording& recording, std::string_view collector,
                              std::string_view unit) {
  auto& rows = recording.coverage;
  auto row = std::find_if(rows.begin(), rows.end(),
                          [&](const Coverage& known) { return known.collector == collector; });
  if (row == rows.end()) row = rows.emplace(rows.end());
  row->collector = collector;
  row->unit = unit;
  return *row;
}

/// Notes a loss, unless there was none.
inline void add_loss(Coverage& row, std::string_view reason, uint64_t count) {
  if (count > 0) row.lost.push_back({std::string(reason), count});
}

/// Appends one more reason why the account is less than it could be.
inline void add_reason(Coverage& row, std::string_view reason) {
  if (!row.reason.empty()) row.reason += "; ";
  row.reason += reason;
}

}  // namespace quarrel
