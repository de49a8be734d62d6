// Which bytes count the owners of an object that std::shared_ptr shares?
#pragma once

#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Calls `address` "std::shared_ptr<Config>::use_count" if the access is made by the code
/// that changes such a count; else the object's source is kUnknown. `code` is where the instruction
/// of the access stands, `frames` those of the recording.
DataObject name_owner_count(const LineAccess& access, uint64_t address, const ResolvedFrame& code,
                            const Recording& recording, const std::vector<ResolvedFrame>& frames);

}  // namespace quarrel
