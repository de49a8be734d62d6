// Which padding counts on a line-aligned address that nothing promises?
#include "checks/unaligned_pads.h"

#include <algorithm>

#include "checks/bound_text.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

// Objects start at multiples of 16: what lies 48 bytes off shares no line with a neighbour.
constexpr uint64_t kSafeDistance = kLineBytes - 16;
constexpr size_t kMaxFields = 256;

bool is_line_aligned(const SourceAllocation& allocation) {
  // 1: an alignment was asked for, which one is not known.
  return allocation.guarantee_bytes == 1 || allocation.guarantee_bytes >= kLineBytes ||
         has_slack(allocation.size_text);
}

bool is_line_aligned(const SourceRecord& outer, const SourceField& field) {
  const bool is_stride_whole =
      field.array_length < 2 || field.size_bits / 8 / field.array_length % kLineBytes == 0;
  return outer.align_bytes >= kLineBytes && field.offset_bits / 8 % kLineBytes == 0 &&
         is_stride_whole;
}

/// All known places of objects of one record.
struct Places {
  size_t aligned = 0;
  size_t unaligned = 0;
  void add(bool is_aligned) { ++(is_aligned ? aligned : unaligned); }
};

Places places_of(const FactIndex& index, const SourceRecord& record) {
  Places places;
  for (const SourceAllocation& allocation : index.facts().allocations)
    if (allocation.record == record.symbol) places.add(is_line_aligned(allocation));
  for (const SourceVariable& variable : index.facts().variables)
    if (variable.type_record == record.symbol && !variable.type.ends_with('*'))
      places.add(std::max(variable.align_bytes, variable.alignas_bytes) >= kLineBytes);
  for (const SourceRecord& outer : index.facts().records)
    for (const SourceField& field : outer.fields)
      if (field.type_record == record.symbol) places.add(is_line_aligned(outer, field));
  return places;
}

/// Is it only a part of one other record, which answers for it?
bool is_part_of_one(const FactIndex& index, const SourceRecord& record) {
  if (index.embedding_count(record.symbol) != 1) return false;
  for (const SourceAllocation& allocation : index.facts().allocations)
    if (allocation.record == record.symbol) return false;
  for (const SourceRecord& outer : index.facts().records)
    for (const SourceField& field : outer.fields)
      if (field.type_record == record.symbol && field.array_length > 1) return false;
  return true;
}

class PadJudge {
 public:
  PadJudge(const CheckContext& context, const PaddedRecord& padded)
      : padded_(padded), members_(members_of_record(context, *padded.record)) {}

  /// Is there a reason to think that the padding is about lines and threads?
  bool is_meant() const { return padded_.names_line || members_.is_concurrent; }

  /// The fields of different groups that share a line for some address.
  std::vector<LineField> meeting() const {
    for (size_t i = 0; i + 1 < padded_.groups.size(); ++i)
      for (size_t j = i + 1; j < padded_.groups.size(); ++j) {
        auto fields = meeting(padded_.groups[i], padded_.groups[j]);
        if (!fields.empty()) return fields;
      }
    return {};
  }

  /// Written fields behind the last pad. What follows the object is a guess: only where the padding
  /// says that it is about lines.
  std::vector<LineField> open_end() const {
    if (padded_.pads.back().is_last || !padded_.names_line) return {};
    std::vector<LineField> written;
    for (const LineField& place : padded_.groups.back().fields)
      if (is_written(place)) written.push_back(place);
    return written;
  }

  /// Fields that begin a line of a record that is made of whole lines.
  std::vector<LineField> line_starts() const {
    if (padded_.record->size_bytes % kLineBytes != 0 || are_ends_safe()) return {};
    std::vector<LineField> starts;
    for (const PadGroup& group : padded_.groups)
      if (group.bytes.begin % kLineBytes == 0) starts.push_back(group.fields.front());
    const bool is_whole = padded_.pads.back().is_last || starts.size() > 2;
    return is_whole ? starts : std::vector<LineField>{};
  }

 private:
  std::vector<LineField> meeting(const PadGroup& one, const PadGroup& other) const {
    if (one.fields.size() * other.fields.size() > kMaxFields * kMaxFields) return {};
    std::vector<LineField> found;
    auto keep = [&](const LineField& place) {
      for (const LineField& known : found)
        if (known.path == place.path) return;
      found.push_back(place);
    };
    for (const LineField& a : one.fields)
      for (const LineField& b : other.fields) {
        if (!is_written(a) && !is_written(b)) continue;
        if (share_line(a.bytes, b.bytes, padded_.record->align_bytes) == LineSharing::kNever)
          continue;
        keep(a);
        keep(b);
      }
    std::sort(found.begin(), found.end(),
              [](const LineField& a, const LineField& b) { return a.bytes.begin < b.bytes.begin; });
    return found;
  }

  bool is_written(const LineField& place) const {
    if (place.field->is_const || place.bytes.size > kLineBytes) return false;
    for (const LineMember& member : members_.members)
      if (member.name == place.path) return !member.writes.empty();
    return place.field->is_atomic || place.field->is_volatile ||
           place.field->lock != LockClass::kNone;
  }

  bool are_ends_safe() const {
    if (padded_.groups.empty()) return true;
    const PadGroup& last = padded_.groups.back();
    const uint64_t end = last.bytes.begin + last.bytes.size;
    return padded_.groups.front().bytes.begin >= kSafeDistance &&
           padded_.record->size_bytes >= end + kSafeDistance;
  }

  const PaddedRecord& padded_;
  MemberGroup members_;
};

std::string names(const std::vector<LineField>& places) {
  std::vector<std::string> names;
  for (const LineField& place : places) names.push_back(place.path);
  return enumerate(names);
}

std::string promise(const SourceRecord& record) {
  return "the alignment of " + record.name + " is " + bytes_text(record.align_bytes);
}

Complaint complaint_of(const SourceRecord& record, const std::vector<LineField>& places,
                       std::string what) {
  Complaint complaint = complaint_about(record);
  complaint.fields = subject_fields(places);
  complaint.key = "unaligned";
  complaint.weight = 25;
  complaint.message = std::move(what);
  complaint.reason =
      "the distances are right only for an address at the start of a line, which neither the type "
      "nor malloc promises; which addresses occur only a run can say";
  Advice align{.remedy = "pad",
               .summary =
                   "align the record, or the first field of each group, to 64 bytes instead "
                   "of counting pad bytes, and allocate it with an aligned allocation"};
  align.guard = "static_assert(alignof(" + record.name + ") >= 64);";
  complaint.advice = {align};
  return complaint;
}

}  // namespace

bool is_placed_on_lines(const FactIndex& index, const SourceRecord& record) {
  const Places places = places_of(index, record);
  return places.aligned > 0 && places.unaligned == 0;
}

std::optional<Complaint> unaligned_pads(const CheckContext& context, const PaddedRecord& padded) {
  const SourceRecord& record = *padded.record;
  if (padded.pads.empty() || padded.groups.empty() || record.align_bytes >= kLineBytes)
    return std::nullopt;
  if (is_part_of_one(context.index, record) || is_placed_on_lines(context.index, record))
    return std::nullopt;
  const PadJudge judge(context, padded);
  if (!judge.is_meant()) return std::nullopt;
  if (const auto meeting = judge.meeting(); !meeting.empty())
    return complaint_of(record, meeting,
                        names(meeting) +
                            " share a cache line for some addresses in spite of the "
                            "padding between them: " +
                            promise(record));
  if (const auto end = judge.open_end(); !end.empty())
    return complaint_of(record, end,
                        names(end) + " of " + record.name +
                            " stand behind the last padding: they "
                            "share a cache line with whatever follows, and " +
                            promise(record));
  if (const auto starts = judge.line_starts(); !starts.empty())
    return complaint_of(record, starts,
                        record.name + " is padded to whole cache lines (one begins at " +
                            names(starts) + "), but " + promise(record));
  return std::nullopt;
}

}  // namespace quarrel
