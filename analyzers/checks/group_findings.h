// How does a check look at every record and every file's globals once?
#pragma once

#include <vector>

#include "checks/line_members.h"
#include "model/diagnosis.h"

namespace quarrel {

/// What a check has to say of the members of one object, or of neighbours in the data segment.
using GroupCheck = void (*)(const CheckContext& context, const MemberGroup& group,
                            std::vector<Finding>& findings);

/// Runs the check over all records of the user's own files, then over the globals of each file.
/// Instantiations of one template that yield a finding on the same fields yield it once.
void check_groups(const FactIndex& index, GroupCheck check, std::vector<Finding>& findings);

/// Does the user's own code lay this record out?
bool is_own_record(const SourceRecord& record);

}  // namespace quarrel
