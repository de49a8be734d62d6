// Which lines of their own are always used together?
//
// Padding two members apart pays off if some thread needs only one of them. Where every operation
// that touches A also updates B, each of them fetches B's line for writing anyway: A beside B costs
// nothing, and A on a line of its own is one more line that travels. That is asked of atomically
// updated members only: what one thread stores for another to read is padded for good reasons.
#include "checks/joint_lines.h"

#include <algorithm>
#include <map>
#include <set>

#include "checks/operations.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr size_t kMaxLines = 64;
constexpr size_t kMinMembers = 2;

using Operations = std::set<SymbolId>;

/// The used members of one cache line of an aligned record.
struct UsedLine {
  std::vector<const LineMember*> members;
  uint64_t bytes = 0;
  Operations users;
  Operations updaters;  ///< those that update a member atomically
};

bool is_update(const Use& use) {
  return use.site->access == SourceAccess::kReadModifyWrite ||
         use.site->access == SourceAccess::kCompareExchange;
}

void add_operations(const FactIndex& index, const Use& use, Operations& operations) {
  const auto found = operations_of(index, use.site->function);
  operations.insert(found.begin(), found.end());
}

void add_member(const FactIndex& index, const LineMember& member, UsedLine& line) {
  line.members.push_back(&member);
  line.bytes += member.bytes.size;
  for (const Use& use : member.reads) add_operations(index, use, line.users);
  for (const Use& use : member.writes) {
    add_operations(index, use, line.users);
    const bool is_atomic = is_atomic_form(use.site->form) && is_update(use);
    if (is_atomic) add_operations(index, use, line.updaters);
  }
}

std::map<uint64_t, UsedLine> used_lines(const CheckContext& context, const MemberGroup& group) {
  std::map<uint64_t, UsedLine> lines;
  for (const LineMember& member : group.members)
    add_member(context.index, member, lines[member.bytes.begin / kLineBytes]);
  return lines;
}

bool includes(const Operations& all, const Operations& some) {
  return !some.empty() && std::includes(all.begin(), all.end(), some.begin(), some.end());
}

/// The only field on its line, used or not.
bool is_alone(const std::vector<LineField>& places, const LineMember& member) {
  return std::count_if(places.begin(), places.end(), [&](const LineField& place) {
           return place.bytes.begin / kLineBytes == member.bytes.begin / kLineBytes;
         }) == 1;
}

class JointLines {
 public:
  JointLines(const CheckContext& context, const SourceRecord& record)
      : record_(record),
        group_(members_of_record(context, record)),
        places_(flatten(context.index, record)),
        lines_(used_lines(context, group_)) {}

  /// Members alone on their lines, each joined to another such by its operations.
  std::vector<const LineMember*> lonely() const {
    std::set<const LineMember*> found;
    for (const auto& [a, one] : lines_)
      for (const auto& [b, other] : lines_) {
        if (a == b || !is_lonely(one) || !is_lonely(other)) continue;
        if (one.updaters.empty() || !includes(other.updaters, one.users)) continue;
        found.insert({one.members.front(), other.members.front()});
      }
    return by_offset(found);
  }

  /// Lines of members of one type, which the record holds twice or more, that are used together.
  std::vector<const LineMember*> repeated() const {
    std::set<const LineMember*> found;
    for (const auto& [a, one] : lines_)
      for (const auto& [b, other] : lines_) {
        if (a == b || !are_twins(one, other) || one.bytes + other.bytes > kLineBytes) continue;
        if (!includes(other.updaters, one.users)) continue;
        found.insert(one.members.begin(), one.members.end());
        found.insert(other.members.begin(), other.members.end());
      }
    return by_offset(found);
  }

  bool is_worth_it() const {
    return record_.align_bytes >= kLineBytes && lines_.size() >= 2 && lines_.size() <= kMaxLines;
  }

 private:
  bool is_lonely(const UsedLine& line) const {
    return line.members.size() == 1 && is_alone(places_, *line.members.front());
  }

  /// Of two members of one type: same nested fields, other paths.
  static bool are_twins(const UsedLine& one, const UsedLine& other) {
    const LineMember& a = *one.members.front();
    const LineMember& b = *other.members.front();
    return a.parent == b.parent && a.symbol == b.symbol && a.name != b.name;
  }

  static std::vector<const LineMember*> by_offset(const std::set<const LineMember*>& members) {
    std::vector<const LineMember*> sorted(members.begin(), members.end());
    std::sort(sorted.begin(), sorted.end(), [](const LineMember* a, const LineMember* b) {
      return a->bytes.begin < b->bytes.begin;
    });
    return sorted;
  }

  const SourceRecord& record_;
  MemberGroup group_;
  std::vector<LineField> places_;
  std::map<uint64_t, UsedLine> lines_;
};

Complaint complaint_of(const CheckContext& context, const SourceRecord& record,
                       const std::vector<const LineMember*>& members) {
  Complaint complaint = complaint_about(record);
  std::vector<std::string> names;
  for (const LineMember* member : members) {
    names.push_back(member->name);
    complaint.fields.push_back(
        {.name = member->name, .offset = member->bytes.begin, .size = member->bytes.size});
    for (const Use& use : member->writes)
      if (complaint.locations.size() < names.size())
        complaint.locations.push_back(
            context.index.locate(*use.site, "writer", site_text(context, *use.site, member->name)));
  }
  complaint.key = "joint";
  complaint.weight = 20;
  complaint.message = enumerate(names) + " of " + record.name + " (" +
                      bytes_text(record.size_bytes) + ") have lines of their own, but the same " +
                      "operations use them";
  complaint.reason =
      "whoever uses the one updates the other as well: each operation fetches "
      "several lines where one would do";
  complaint.advice = {
      {.remedy = "reorder", .summary = "put them on one line: align the first and not the others"}};
  return complaint;
}

}  // namespace

std::optional<Complaint> joint_lines(const CheckContext& context, const SourceRecord& record) {
  if (record.align_bytes < kLineBytes) return std::nullopt;
  const JointLines lines(context, record);
  if (!lines.is_worth_it()) return std::nullopt;
  auto members = lines.lonely();
  if (members.size() < kMinMembers) members = lines.repeated();
  if (members.size() < kMinMembers) return std::nullopt;
  return complaint_of(context, record, members);
}

}  // namespace quarrel
