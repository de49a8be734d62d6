// Which padding counts on a line-aligned address that nothing promises?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/line_pads.h"

namespace quarrel {

/// Is every place where objects of the record are known to be line-aligned, and is one known?
bool is_placed_on_lines(const FactIndex& index, const SourceRecord& record);

/// A record that separates its fields by hand, but whose alignment is smaller than a line, so that
/// fields on both sides of a pad share a line for some addresses, or the end is open, or the
/// padding to whole lines does not begin at one.
std::optional<Complaint> unaligned_pads(const CheckContext& context, const PaddedRecord& padded);

}  // namespace quarrel
