// What do the locks, lines and threads of a process cost it right now, in a few rows?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

enum class TopView : uint8_t { kLocks, kLines, kThreads };

/// One lock, line or thread. Rates are thread-milliseconds per second.
struct TopRow {
  double now = 0;      ///< since the diagnosis before
  double overall = 0;  ///< since the start
  double weight = 0;  ///< of the row among the others: for a thread, also what it makes others wait
  std::string name;
  std::string detail;
};

/// Sorted by (weight, overall, name). `before` is an earlier diagnosis of the same watch, or null:
/// then "now" is the same as overall.
std::vector<TopRow> top_rows(TopView view, const Diagnosis& diagnosis, const Diagnosis* before);

/// "memcached (1234), 12 s: 812 thread-ms/s lost in locks now, 790 overall".
std::string top_title(const Diagnosis& diagnosis, const Diagnosis* before);

/// The first `count` rows with a header, lines of at most 100 columns.
std::vector<std::string> top_table(TopView view, const Diagnosis& diagnosis,
                                   const Diagnosis* before, size_t count);

/// For a log: one line for each of the first `count` rows of all views, below a title.
std::string top_log(const Diagnosis& diagnosis, const Diagnosis* before, size_t count);

}  // namespace quarrel
