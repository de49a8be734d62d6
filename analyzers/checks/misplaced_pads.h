// Which pad stands one field too early or too late?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/line_pads.h"

namespace quarrel {

/// A member that is only read next to a pad, on the line of a written one on its other side:
/// `buffer; pad; mask; atomic tail; pad; ...` where the pad belongs behind mask.
std::optional<Complaint> misplaced_pad(const CheckContext& context, const PaddedRecord& padded);

}  // namespace quarrel
