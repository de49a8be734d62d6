// How is it said that the elements of an array share lines?
#include "checks/element_findings.h"

#include <algorithm>

#include "checks/traffic.h"
#include "checks/wording.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

constexpr uint32_t kMaxPoints = 12;
constexpr size_t kMaxWrites = 3;
constexpr uint64_t kMaxElements = uint64_t{1} << 32;  // facts are untrusted

uint64_t align_up(uint64_t value) {
  return (value + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::string full_name(const ElementArray& array) {
  return array.owner.empty() ? array.name : array.name + " of " + short_record_name(array.owner);
}

uint32_t weight_of(const ElementArray& array, const ElementUse& use) {
  uint32_t weight = 3 * std::min(use.points, kMaxPoints);
  if (array.ownership == Ownership::kNone) weight /= 3;
  if (array.ownership >= Ownership::kIndexed) weight += 40;
  if (array.ownership == Ownership::kNamed) weight += 15;
  if (use.sharing == LineSharing::kSomeBase) weight /= 2;
  return weight;
}

/// Threads of one role, several of them, write elements that their number selects, in a loop.
bool is_proven(const CheckContext& context, const ElementArray& array, const ElementUse& use) {
  if (array.ownership < Ownership::kIndexed || use.sharing != LineSharing::kAlways) return false;
  return std::any_of(use.writes.begin(), use.writes.end(), [&](const Use& write) {
    const bool is_by_number =
        array.ownership == Ownership::kGiven || numbers_thread(write.site->index);
    return write.heat == Heat::kHot && is_by_number &&
           context.roles.overlap(write.site->function, write.site->function) == Overlap::kSameRole;
  });
}

std::string neighbours(const ElementArray& array) {
  if (array.stride % kLineBytes == 0)
    return "are whole cache lines long but may begin anywhere in one, so that neighbours share a "
           "line";
  const uint64_t in_line = kLineBytes / std::max<uint64_t>(array.stride, 1);
  if (in_line >= 2) return "share cache lines, " + std::to_string(in_line) + " to a line";
  return "share a cache line with their neighbours";
}

std::string message_of(const CheckContext& context, const ElementArray& array,
                       const ElementUse& use) {
  std::string text =
      "elements of " + full_name(array) + " (" + std::to_string(array.stride) + " bytes each";
  if (array.ownership != Ownership::kNone) text += ", one for each thread by " + array.evidence;
  text += ") " + neighbours(array) + ": ";
  const AccessSite& site = *use.writes.front().site;
  const std::string what =
      use.members.empty() ? array.name : array.name + "[]." + use.members.front().name;
  return text + site_text(context, site, what);
}

Subject subject_of(const ElementArray& array, const ElementUse& use) {
  Subject subject{.kind = SubjectKind::kSource};
  subject.name = array.owner.empty() ? array.name : array.owner;
  subject.type = array.element != nullptr ? array.element->name : array.type;
  subject.fields.push_back({.name = array.name, .offset = array.offset, .size = array.stride});
  for (const LineMember& member : use.members)
    subject.fields.push_back({.name = array.name + "[]." + member.name,
                              .offset = array.offset + member.bytes.begin,
                              .size = member.bytes.size});
  return subject;
}

std::vector<FindingLocation> locations_of(const CheckContext& context, const ElementArray& array,
                                          const ElementUse& use) {
  const FactIndex& index = context.index;
  std::vector<FindingLocation> places{
      index.locate(array.position, "field", array.name + " is declared here")};
  if (array.element != nullptr)
    places.push_back(index.locate(array.element->position, "declaration",
                                  "the element " + array.element->name + " is declared here"));
  std::vector<const AccessSite*> sites;
  for (const Use& write : use.writes) {
    if (sites.size() == kMaxWrites) break;
    places.push_back(index.locate(*write.site, "writer", site_text(context, *write.site, "it")));
    sites.push_back(write.site);
  }
  auto starts = thread_starts(context, sites);
  places.insert(places.end(), starts.begin(), starts.end());
  return places;
}

Advice advice_of(const ElementArray& array) {
  Advice advice{.remedy = "pad"};
  const std::string what =
      array.element != nullptr ? array.element->name : "a struct around one element";
  advice.summary = "declare " + what + " alignas(64), so that its size is a multiple of the line";
  const uint64_t each = align_up(array.stride) - array.stride;
  if (array.count > 0) advice.memory_bytes = each * std::min(array.count, kMaxElements);
  if (array.element != nullptr)
    advice.guard = "static_assert(alignof(" + array.element->name + ") >= 64, \"elements of " +
                   array.name + " on separate cache lines\");";
  return advice;
}

}  // namespace

Finding element_finding(const CheckContext& context, const ElementArray& array,
                        const ElementUse& use) {
  Finding finding{.rule = std::string(kArrayStrideRule)};
  finding.fingerprint = fingerprint_of(kArrayStrideRule, array.owner, {array.name});
  const bool is_sure = is_proven(context, array, use);
  finding.level = is_sure ? Level::kWarning : Level::kNote;
  finding.message = message_of(context, array, use);
  finding.reason = is_sure ? "the source shows several threads that write their own elements in "
                             "loops; how much it costs only a recording can say"
                           : "the source shows whose the elements are, not how often they are "
                             "written at the same time";
  if (array.ownership == Ownership::kNone)
    finding.reason =
        "chance decides which elements are in use at the same time: worth padding "
        "only if a recording shows it";
  finding.subject = subject_of(array, use);
  finding.sharing = Sharing::kFalse;
  finding.weight = weight_of(array, use);
  finding.locations = locations_of(context, array, use);
  finding.advice = {advice_of(array)};
  return finding;
}

}  // namespace quarrel
