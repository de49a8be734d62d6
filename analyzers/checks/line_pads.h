// Which fields of a record only keep others apart, and what do they separate?
#pragma once

#include <vector>

#include "checks/line_layout.h"
#include "checks/line_members.h"

namespace quarrel {

/// Fields between two pads, or between a pad and an end of the record; by offset.
struct PadGroup {
  std::vector<LineField> fields;
  ByteRange bytes;  ///< from the first to the end of the last
};

struct PadField {
  LineField place;
  size_t group_before = 0;  ///< groups that begin ahead of it
  bool is_last = false;     ///< nothing lies behind it
};

/// A record with fields that are there to separate others.
struct PaddedRecord {
  const SourceRecord* record = nullptr;
  std::vector<PadField> pads;
  std::vector<PadGroup> groups;
  bool names_line = false;  ///< a pad's name or bound speaks of cache lines
};

/// Is the field padding: an array of bytes or words that is called so (pad, filler, reserved, ...)
/// and that nothing accesses outside setup? Small ones, which fill up words, do not count.
bool is_pad(const CheckContext& context, const LineField& place);

/// By the name and the spelling alone, for fields without a known size.
bool is_called_pad(const SourceField& field);

/// Empty pads if there are none that have to do with cache lines.
PaddedRecord padded_record(const CheckContext& context, const SourceRecord& record);

}  // namespace quarrel
