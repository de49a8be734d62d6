// Which pad stands one field too early or too late?
#include "checks/misplaced_pads.h"

#include <algorithm>

#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr size_t kMinPads = 2;

/// How a field of the record is used outside setup.
struct PadNeighbour {
  const LineField* place = nullptr;
  const LineMember* member = nullptr;  ///< nullptr: no use is known

  bool is_written() const { return member != nullptr && !member->writes.empty(); }
  bool is_only_read() const {
    const bool is_written_never =
        member == nullptr ? place->field->is_const : member->writes.empty();
    return is_written_never && place->bytes.size <= kLineBytes && !place->field->is_atomic;
  }
};

class NeighbourSearch {
 public:
  NeighbourSearch(const CheckContext& context, const PaddedRecord& padded)
      : padded_(padded), members_(members_of_record(context, *padded.record)) {}

  std::optional<std::pair<PadNeighbour, PadNeighbour>> find() const {
    for (size_t i = 0; i < padded_.groups.size(); ++i) {
      const PadGroup& group = padded_.groups[i];
      if (group.fields.size() < 2 || group.bytes.size > kLineBytes) continue;
      if (i > 0)
        if (auto pair = judge(group.fields[0], group.fields[1])) return pair;
      if (i + 1 < padded_.groups.size())
        if (auto pair = judge(group.fields.back(), group.fields[group.fields.size() - 2]))
          return pair;
    }
    return std::nullopt;
  }

 private:
  PadNeighbour neighbour(const LineField& place) const {
    PadNeighbour found{.place = &place};
    for (const LineMember& member : members_.members)
      if (member.name == place.path) found.member = &member;
    return found;
  }

  std::optional<std::pair<PadNeighbour, PadNeighbour>> judge(const LineField& at_pad,
                                                             const LineField& inside) const {
    const PadNeighbour read = neighbour(at_pad);
    const PadNeighbour written = neighbour(inside);
    if (!read.is_only_read() || !written.is_written()) return std::nullopt;
    if (!inside.field->is_atomic && !is_used_atomically(*written.member)) return std::nullopt;
    return is_read_elsewhere(read, written) ? std::optional(std::pair(read, written))
                                            : std::nullopt;
  }

  static bool is_used_atomically(const LineMember& member) {
    return std::any_of(member.writes.begin(), member.writes.end(),
                       [](const Use& use) { return is_atomic_form(use.site->form); });
  }

  /// By a function that leaves the written member alone: it pays for the other's writes.
  static bool is_read_elsewhere(const PadNeighbour& read, const PadNeighbour& written) {
    if (read.member == nullptr) return true;
    return std::any_of(read.member->reads.begin(), read.member->reads.end(), [&](const Use& use) {
      return !written.member->is_used_in(use.site->function);
    });
  }

  const PaddedRecord& padded_;
  MemberGroup members_;
};

}  // namespace

std::optional<Complaint> misplaced_pad(const CheckContext& context, const PaddedRecord& padded) {
  if (padded.pads.size() < kMinPads || padded.groups.size() < kMinPads) return std::nullopt;
  const NeighbourSearch search(context, padded);
  const auto found = search.find();
  if (!found) return std::nullopt;
  const auto& [read, written] = *found;
  Complaint complaint = complaint_about(*padded.record);
  complaint.key = "misplaced";
  complaint.weight = 40;
  complaint.fields = subject_fields({*read.place, *written.place});
  complaint.position = read.place->field->position;
  complaint.declared = read.place->path + " is declared here, next to the padding";
  complaint.message = read.place->path + " of " + padded.record->name +
                      " is only read, but the padding next to it leaves it on the cache line of " +
                      written.place->path + ", which is written";
  complaint.reason = "the padding stands on the wrong side of the member that is only read";
  for (const Use& use : written.member->writes)
    complaint.locations.push_back(context.index.locate(
        *use.site, "writer", site_text(context, *use.site, written.place->path)));
  complaint.advice = {
      {.remedy = "reorder",
       .summary = "put the padding between " + read.place->path + " and " + written.place->path,
       .memory_bytes = 0}};
  return complaint;
}

}  // namespace quarrel
