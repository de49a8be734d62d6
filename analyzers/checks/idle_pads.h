// Which padding keeps apart what no two threads fight over?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/line_members.h"

namespace quarrel {

/// Members on aligned lines of their own that a single thread uses, or that nothing writes.
std::optional<Complaint> idle_lines(const CheckContext& context, const SourceRecord& record);

}  // namespace quarrel
