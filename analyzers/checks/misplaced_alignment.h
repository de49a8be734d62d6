// Which alignment stands where it does not keep the objects apart?
#pragma once

#include <vector>

#include "checks/complaint.h"

namespace quarrel {

/// Alignments that a typedef asks for beyond the size of its record, which sizeof ignores.
std::vector<Complaint> typedef_alignments(const FactIndex& index);

/// Line-aligned arrays of small elements, one for each thread: only the first begins a line.
std::vector<Complaint> array_alignments(const FactIndex& index);

}  // namespace quarrel
