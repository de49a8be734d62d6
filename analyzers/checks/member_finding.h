// How does a finding name the members of one object, and the accesses that count?
#pragma once

#include <string_view>
#include <vector>

#include "checks/line_members.h"
#include "model/diagnosis.h"

namespace quarrel {

/// An access that a finding shows, and the member that it is made to.
struct MemberUse {
  size_t member = 0;  ///< into MemberGroup::members
  const AccessSite* site = nullptr;
};

/// A finding of level note on these members, the one where it stands first: rule, fingerprint,
/// subject, and as locations the declarations, the accesses and the starts of their threads.
/// Message, reason and advice are left to the check.
Finding member_finding(std::string_view rule, const CheckContext& context, const MemberGroup& group,
                       const std::vector<size_t>& members, const std::vector<MemberUse>& uses);

/// "a and b of Counters"; the name of the record is left out for globals.
std::string member_list(const MemberGroup& group, const std::vector<size_t>& members);

/// Their names alone.
std::string name_list(const MemberGroup& group, const std::vector<size_t>& members);

}  // namespace quarrel
