// Which pads are larger than what they are for?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/line_pads.h"

namespace quarrel {

/// Pads of two lines or more, spelled so: one line separates as well, except from the prefetcher.
std::optional<Complaint> doubled_pads(const PaddedRecord& padded);

/// Pads of a whole line where an alignment would separate as well with fewer bytes, and can be had.
std::optional<Complaint> pads_instead_of_alignment(const FactIndex& index,
                                                   const PaddedRecord& padded);

}  // namespace quarrel
