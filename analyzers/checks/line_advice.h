// What should be done about members that share a line, at what price, and what should not?
#pragma once

#include <vector>

#include "checks/line_members.h"
#include "checks/shared_pairs.h"
#include "model/diagnosis.h"

namespace quarrel {

/// A line for each of the members (by offset).
Advice pad_members(const MemberGroup& group, const std::vector<size_t>& members);

/// Remedies for members (by offset) that different threads write; the best first.
std::vector<Advice> separate_writers(const MemberGroup& group, const std::vector<size_t>& members,
                                     Proof proof);

/// Remedies for read members beside written ones.
std::vector<Advice> separate_readers(const MemberGroup& group, const std::vector<size_t>& members);

}  // namespace quarrel
