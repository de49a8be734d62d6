// Which padding would be there without being asked for?
#pragma once

#include <vector>

#include "checks/complaint.h"
#include "checks/line_pads.h"

namespace quarrel {

/// Pads that take the place of the padding which an alignment brings anyway: at the end of an
/// aligned record, or ahead of an aligned field. Removing them changes no size and no offset.
std::vector<Complaint> redundant_pads(const FactIndex& index, const PaddedRecord& padded);

/// The same of a template without a known instantiation, from its spelling: a last field
/// `char pad[L - sizeof(x)]` behind `alignas(L) T x`.
std::vector<Complaint> redundant_pads_as_spelled(const SourceRecord& record);

}  // namespace quarrel
