// Which record looks like another that was given cache lines of its own, but was not given any?
//
// False sharing is found in one place and repaired there; the record next door, written by the same
// hand with nearly the same members, keeps it. Who padded the one has measured, or was told; so the
// other deserves a look, if its members are used as those of the first.
#include <algorithm>
#include <set>

#include "checks/check.h"
#include "checks/group_findings.h"
#include "checks/identifiers.h"
#include "checks/line_pads.h"
#include "checks/member_finding.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "sibling-unfixed";
constexpr size_t kMinCommon = 2;
constexpr double kMinLikeness = 0.6;
// A hostile or generated program must not take quadratic time.
constexpr size_t kMaxCandidates = 2048;

struct Candidate {
  const SourceRecord* record = nullptr;
  std::set<std::string> members;  ///< names, without pads
  bool is_separated = false;      ///< by an alignment or by pads
};

bool has_hot_type(const SourceField& field) {
  return field.is_atomic || field.is_volatile || field.lock != LockClass::kNone;
}

std::set<std::string> member_names(const SourceRecord& record) {
  std::set<std::string> names;
  for (const SourceField& field : record.fields)
    if (!field.name.empty() && !is_called_pad(field)) names.insert(field.name);
  return names;
}

bool is_separated(const SourceRecord& record) {
  return record.align_bytes >= kLineBytes ||
         std::any_of(record.fields.begin(), record.fields.end(), [](const SourceField& field) {
           return is_called_pad(field) && field.size_bits / 8 >= kLineBytes / 2;
         });
}

std::vector<Candidate> candidates(const FactIndex& index) {
  std::vector<Candidate> found;
  for (const SourceRecord& record : index.facts().records) {
    if (!is_own_record(record) || found.size() >= kMaxCandidates) continue;
    Candidate candidate{.record = &record, .members = member_names(record)};
    candidate.is_separated = is_separated(record);
    if (candidate.members.size() >= kMinCommon) found.push_back(std::move(candidate));
  }
  return found;
}

/// Share of the names of both that they have in common.
double likeness(const Candidate& one, const Candidate& other) {
  size_t common = 0;
  for (const std::string& name : one.members) common += other.members.count(name);
  if (common < kMinCommon) return 0;
  const size_t all = one.members.size() + other.members.size() - common;
  return static_cast<double>(common) / static_cast<double>(all);
}

/// The template's instantiations differ in what they hold, not in what was done to them; explicit
/// specialisations have a declaration of their own.
bool are_siblings(const Candidate& unfixed, const Candidate& fixed) {
  if (unfixed.record->fields.front().position == fixed.record->fields.front().position)
    return false;
  const bool is_namesake = simple_name(unfixed.record->name) == simple_name(fixed.record->name);
  return likeness(unfixed, fixed) >= (is_namesake ? kMinLikeness : 0.8);
}

std::vector<size_t> hot_members(const MemberGroup& group) {
  std::vector<size_t> hot;
  for (size_t i = 0; i < group.members.size(); ++i) {
    const LineMember& member = group.members[i];
    const bool is_marked =
        member.is_lock ||
        std::any_of(member.writes.begin(), member.writes.end(),
                    [](const Use& use) { return use.site->form != AccessForm::kPlain; });
    if (is_marked && !member.writes.empty()) hot.push_back(i);
  }
  return hot;
}

Finding make_finding(const CheckContext& context, const MemberGroup& group,
                     const std::vector<size_t>& hot, const SourceRecord& fixed) {
  const AccessSite* site = group.members[hot.front()].writes.front().site;
  Finding finding = member_finding(kRule, context, group, hot, {{hot.front(), site}});
  const std::string name = short_record_name(group.name);
  finding.message = name + " has the members of " + short_record_name(fixed.name) +
                    ", which has cache lines of its own, but shares its lines: " +
                    use_text(context, *site, group.members[hot.front()]);
  finding.reason =
      "the record that was padded says that somebody saw contention there; whether "
      "this one is used as much the source does not show";
  finding.weight = 30;
  finding.locations.push_back(context.index.locate(fixed.position, "declaration",
                                                   fixed.name + " was given lines of its own"));
  Advice advice{.remedy = "pad"};
  advice.summary = "treat " + name + " as " + short_record_name(fixed.name) + " was treated";
  advice.memory_bytes = padding_price(*group.record, {});
  finding.advice = {advice};
  return finding;
}

void judge(const CheckContext& context, const Candidate& unfixed, const std::vector<Candidate>& all,
           std::vector<Finding>& findings) {
  const auto sibling = std::find_if(all.begin(), all.end(), [&](const Candidate& other) {
    return other.is_separated && are_siblings(unfixed, other);
  });
  if (sibling == all.end()) return;
  const MemberGroup group = members_of_record(context, *unfixed.record);
  const auto hot = hot_members(group);
  if (!hot.empty()) findings.push_back(make_finding(context, group, hot, *sibling->record));
}

bool may_be_hot(const Candidate& candidate, const FactIndex& index) {
  const auto& fields = candidate.record->fields;
  return std::any_of(fields.begin(), fields.end(), [&](const SourceField& field) {
    const auto sites = index.accesses_to_field(*candidate.record, field);
    return has_hot_type(field) || std::any_of(sites.begin(), sites.end(), [](auto* site) {
             return is_atomic_form(site->form);
           });
  });
}

void check_sibling_unfixed(const FactIndex& index, std::vector<Finding>& findings) {
  const auto all = candidates(index);
  const bool is_any_fixed = std::any_of(
      all.begin(), all.end(), [](const Candidate& candidate) { return candidate.is_separated; });
  if (!is_any_fixed) return;
  const CheckContext context(index);
  for (const Candidate& candidate : all)
    if (!candidate.is_separated && may_be_hot(candidate, index))
      judge(context, candidate, all, findings);
}

const Registration<Check> kSiblingUnfixed{{.name = kRule, .run = check_sibling_unfixed}};

}  // namespace
}  // namespace quarrel
