// What is said about an expression that is wrong as it is spelled?
#pragma once

#include <optional>

#include "checks/complaint.h"

namespace quarrel {

/// The field or variable that a remark is about, and where the expression stands. Nothing if the
/// object is unknown or the place is in a system header.
std::optional<Complaint> complaint_about(const FactIndex& index, const SourceRemark& remark);

}  // namespace quarrel
