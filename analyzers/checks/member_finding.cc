// How does a finding name the members of one object, and the accesses that count?
#include "checks/member_finding.h"

#include <algorithm>

#include "checks/wording.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<std::string> names_of(const MemberGroup& group, const std::vector<size_t>& members) {
  std::vector<std::string> names;
  for (size_t member : members) names.push_back(group.members[member].name);
  return names;
}

Subject subject_of(const MemberGroup& group, std::vector<size_t> members) {
  std::sort(members.begin(), members.end());
  Subject subject{.kind = SubjectKind::kSource, .name = group.name, .type = group.name};
  for (size_t member : members) {
    const LineMember& field = group.members[member];
    subject.fields.push_back(
        {.name = field.name, .offset = field.bytes.begin, .size = field.bytes.size});
  }
  if (group.record == nullptr) subject.name = enumerate(names_of(group, members));
  return subject;
}

FindingLocation declaration(const FactIndex& index, const LineMember& member) {
  return index.locate(
      member.position, "field",
      member.name + " is declared here, at offset " + std::to_string(member.bytes.begin));
}

std::vector<FindingLocation> locations_of(const CheckContext& context, const MemberGroup& group,
                                          const std::vector<size_t>& members,
                                          const std::vector<MemberUse>& uses) {
  std::vector<FindingLocation> places;
  for (size_t member : members) places.push_back(declaration(context.index, group.members[member]));
  std::vector<const AccessSite*> sites;
  for (const MemberUse& use : uses) {
    places.push_back(context.index.locate(*use.site,
                                          is_write(use.site->access) ? "writer" : "reader",
                                          use_text(context, *use.site, group.members[use.member])));
    sites.push_back(use.site);
  }
  auto starts = thread_starts(context, sites);
  places.insert(places.end(), starts.begin(), starts.end());
  return places;
}

}  // namespace

Finding member_finding(std::string_view rule, const CheckContext& context, const MemberGroup& group,
                       const std::vector<size_t>& members, const std::vector<MemberUse>& uses) {
  Finding finding{.rule = std::string(rule)};
  finding.fingerprint = fingerprint_of(rule, group.name, names_of(group, members));
  finding.subject = subject_of(group, members);
  finding.locations = locations_of(context, group, members, uses);
  finding.sharing = Sharing::kFalse;
  return finding;
}

std::string name_list(const MemberGroup& group, const std::vector<size_t>& members) {
  return enumerate(names_of(group, members));
}

std::string member_list(const MemberGroup& group, const std::vector<size_t>& members) {
  const std::string text = name_list(group, members);
  return group.record == nullptr ? text : text + " of " + short_record_name(group.name);
}

}  // namespace quarrel
