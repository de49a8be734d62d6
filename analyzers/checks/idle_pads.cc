// Which padding keeps apart what no two threads fight over?
#include "checks/idle_pads.h"

#include <algorithm>
#include <set>

#include "checks/line_pads.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr size_t kMinLines = 2;
constexpr size_t kMinFunctions = 3;

/// Does every field have a line that it asked for, or a pad?
bool is_split_on_purpose(const CheckContext& context, const SourceRecord& record) {
  size_t aligned = 0;
  for (const SourceField& field : record.fields) aligned += field.alignas_bytes >= kLineBytes;
  return aligned >= kMinLines || padded_record(context, record).groups.size() >= kMinLines;
}

bool is_open(const LineField& place) {
  return place.field->is_atomic || place.field->is_volatile ||
         place.field->lock != LockClass::kNone || place.field->type_record.is_valid();
}

/// What is known of the uses of all members outside setup.
struct KnownUses {
  bool is_complete = true;  ///< each field is used where the facts can see it
  bool is_written = false;
  std::set<RoleId> roles;
  bool has_unknown_role = false;
  std::set<SymbolId> functions;
};

void add(const CheckContext& context, const std::vector<Use>& uses, KnownUses& known) {
  for (const Use& use : uses) {
    known.functions.insert(use.site->function);
    const auto& roles = context.roles.of(use.site->function);
    known.has_unknown_role = known.has_unknown_role || roles.empty();
    known.roles.insert(roles.begin(), roles.end());
  }
}

KnownUses uses_of(const CheckContext& context, const SourceRecord& record) {
  KnownUses known;
  const MemberGroup group = members_of_record(context, record);
  for (const LineField& place : flatten(context.index, record)) {
    if (is_pad(context, place)) continue;
    const auto member =
        std::find_if(group.members.begin(), group.members.end(),
                     [&](const LineMember& each) { return each.name == place.path; });
    if (member == group.members.end() || is_open(place)) {
      known.is_complete = false;
      continue;
    }
    known.is_written = known.is_written || !member->writes.empty();
    add(context, member->writes, known);
    add(context, member->reads, known);
  }
  return known;
}

bool has_one_thread(const CheckContext& context, const KnownUses& known) {
  if (known.has_unknown_role || known.roles.size() != 1) return false;
  return !context.roles[*known.roles.begin()].is_many && context.roles.all().size() > 1;
}

Complaint complaint_of(const CheckContext& context, const SourceRecord& record, std::string why) {
  Complaint complaint = complaint_about(record);
  complaint.key = "idle";
  complaint.weight = 15;
  for (const LineField& place : flatten(context.index, record))
    if (!is_pad(context, place)) complaint.fields.push_back(subject_field(place));
  complaint.message = record.name + " spreads its members over " + bytes_text(record.size_bytes) +
                      ", but " + std::move(why);
  complaint.reason = "lines that one thread uses, or all threads only read, need not be kept apart";
  complaint.advice = {{.remedy = "reorder", .summary = "drop the padding and the alignments"}};
  return complaint;
}

}  // namespace

std::optional<Complaint> idle_lines(const CheckContext& context, const SourceRecord& record) {
  if (record.size_bytes < 2 * kLineBytes || !is_split_on_purpose(context, record))
    return std::nullopt;
  const KnownUses known = uses_of(context, record);
  if (!known.is_complete || known.functions.size() < kMinFunctions) return std::nullopt;
  if (!known.is_written) return complaint_of(context, record, "nothing writes them outside setup");
  if (has_one_thread(context, known))
    return complaint_of(context, record,
                        "only " + role_text(context, *known.functions.begin()) + " uses them");
  return std::nullopt;
}

}  // namespace quarrel
