// Which sharing is spread over so many lines that none of them is hot by itself?
#pragma once

#include <unordered_map>
#include <vector>

#include "resolve/shared_line.h"

namespace quarrel {

/// A charged access to a line that only one thread was seen on.
struct PrivateCharge {
  AccessKey key;
  uint64_t line = 0;
  uint32_t sample = 0;  ///< index into Recording::line_samples
};

/// An array of counters, a table of buckets, the edges between parts of a matrix: pairs of
/// instructions of different threads meet on line after line, and each line has a few samples.
/// Such lines are joined by the instructions that meet there, and shown as one profile: at the
/// address of the line on which most of them were seen, with the samples of all.
///
/// Reported is only what is false sharing beyond doubt. A few samples of a line hardly ever hit the
/// same bytes twice, so that disjoint bytes on one line prove nothing; but over all lines two
/// threads would hit the same bytes about as often as one thread does, if they wanted the same.
///
/// `lines` are the shared lines that are not judged by themselves, by address.
std::vector<LineProfile> find_spread_lines(
    const std::unordered_map<uint64_t, const LineTally*>& lines,
    const std::vector<PrivateCharge>& private_charges, const Recording& recording,
    uint32_t line_size);

}  // namespace quarrel
