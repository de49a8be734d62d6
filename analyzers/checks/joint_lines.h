// Which lines of their own are always used together?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/line_members.h"

namespace quarrel {

/// Members that have a line each, although every operation that uses the one updates the other as
/// well: on one line both would travel together, once.
std::optional<Complaint> joint_lines(const CheckContext& context, const SourceRecord& record);

}  // namespace quarrel
