// Which atomics and locks cross the boundary between two cache lines?
//
// An atomic update of a word that lies on two lines takes both, and on x86 stops the other cores
// while it does. A lock that lies across a boundary costs two misses where one would do.
#include <algorithm>

#include "checks/check.h"
#include "checks/element_arrays.h"
#include "checks/group_findings.h"
#include "checks/member_finding.h"
#include "checks/straddle_by_type.h"
#include "checks/traffic.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "line-straddle";
constexpr uint64_t kHeapAlignment = 16;

bool crosses(ByteRange bytes, uint64_t base) {
  const uint64_t begin = base + bytes.begin;
  return bytes.size > 0 && bytes.size <= kLineBytes &&
         begin / kLineBytes != (begin + bytes.size - 1) / kLineBytes;
}

/// Where objects of the record stand, as far as the source tells.
struct Placement {
  std::vector<uint64_t> bases;  ///< modulo the line
  const ElementArray* array = nullptr;
};

Placement placement_of(const SourceRecord& record, const std::vector<ElementArray>& arrays) {
  for (const ElementArray& array : arrays) {
    if (array.element != &record || record.size_bytes % kLineBytes == 0) continue;
    if (array.count == 1) continue;
    Placement placement{.array = &array};
    for (uint64_t i = 0; i < kLineBytes; ++i)
      placement.bases.push_back(i * record.size_bytes % kLineBytes);
    return placement;
  }
  return {.bases = {0}};
}

std::string how(const MemberGroup& group, const LineMember& member, const Placement& where) {
  if (where.array != nullptr)
    return "in some elements of " + where.array->name + ", which are " +
           std::to_string(group.record->size_bytes) + " bytes each";
  if (group.alignment >= kLineBytes) return "at offset " + std::to_string(member.bytes.begin);
  return "at offset " + std::to_string(member.bytes.begin) + " if the object begins with a line";
}

Advice advice_of(const MemberGroup& group, const LineMember& member, const Placement& where) {
  if (where.array != nullptr) {
    Advice advice{.remedy = "pad"};
    advice.summary = "declare " + group.name + " alignas(64): each element then begins a line";
    advice.memory_bytes = padding_price(*group.record, {});
    return advice;
  }
  Advice advice{.remedy = "reorder"};
  advice.summary = "move " + member.name +
                   " to an offset where it fits into one line, with what "
                   "it protects behind it, and align the object to the line";
  advice.memory_bytes = 0;
  return advice;
}

bool is_atomic_member(const LineMember& member) {
  return std::any_of(member.writes.begin(), member.writes.end(),
                     [](const Use& use) { return is_atomic_form(use.site->form); });
}

void report_member(const CheckContext& context, const MemberGroup& group, size_t i,
                   const Placement& where, std::vector<Finding>& findings) {
  const LineMember& member = group.members[i];
  if (!member.is_lock && !is_atomic_member(member)) return;
  const bool is_across = std::any_of(where.bases.begin(), where.bases.end(),
                                     [&](uint64_t base) { return crosses(member.bytes, base); });
  if (!is_across) return;
  std::vector<MemberUse> uses;
  if (!member.writes.empty()) uses.push_back({i, member.writes.front().site});
  Finding finding = member_finding(kRule, context, group, {i}, uses);
  finding.sharing = Sharing::kNone;
  finding.message = member_list(group, {i}) + " lies across two cache lines " +
                    how(group, member, where) + ": every use of it takes both";
  finding.reason = "the source shows the layout, not how often it is used";
  finding.weight = 5 + std::min<uint32_t>(write_traffic(member), 12);
  finding.advice = {advice_of(group, member, where)};
  findings.push_back(std::move(finding));
}

/// Natural alignment keeps a scalar within a line wherever the object is.
bool can_cross(const LineMember& member) {
  return member.is_lock ? member.bytes.size > 8
                        : member.bytes.begin % 8 != 0 || member.bytes.size > 16;
}

void check_line_straddle(const FactIndex& index, std::vector<Finding>& findings) {
  if (are_of_binary(index.facts())) {
    for (const Complaint& complaint : straddling_by_type(index))
      findings.push_back(finding_of(index, kRule, complaint));
    return;
  }
  const CheckContext& context = index.context();
  const auto arrays = element_arrays(context);
  for (const SourceRecord& record : index.facts().records) {
    if (!is_own_record(record)) continue;
    const MemberGroup group = members_of_record(context, record);
    const Placement where = placement_of(record, arrays);
    for (size_t i = 0; i < group.members.size(); ++i)
      // What is wrong inside of a member's type is said of that type.
      if (group.members[i].parent == &record && can_cross(group.members[i]))
        report_member(context, group, i, where, findings);
  }
}

const Registration<Check> kLineStraddle{
    {.name = kRule, .run = check_line_straddle, .needs_types_only = true}};

}  // namespace
}  // namespace quarrel
