// Which padding would be there without being asked for?
#include "checks/redundant_pads.h"

#include <algorithm>
#include <optional>

#include "checks/bound_text.h"

namespace quarrel {
namespace {

// Below, an alignment is that of a type, not one that somebody asked for.
constexpr uint64_t kMinAlignment = 32;

uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// Where the fields and bases other than `skipped` end; nothing if that is not known.
std::optional<uint64_t> end_without(const FactIndex& index, const SourceRecord& record,
                                    const SourceField& skipped) {
  uint64_t end = 0;
  for (const SourceBase& base : record.bases) {
    const SourceRecord* type = index.record(base.record);
    if (type == nullptr || !type->has_layout || base.is_virtual) return std::nullopt;
    end = std::max(end, base.offset_bits / 8 + type->size_bytes);
  }
  for (const SourceField& field : record.fields)
    if (&field != &skipped) end = std::max(end, (field.offset_bits + field.size_bits + 7) / 8);
  return end;
}

bool fills_up_the_end(const FactIndex& index, const PaddedRecord& padded, const PadField& pad) {
  const SourceRecord& record = *padded.record;
  if (!pad.is_last || record.align_bytes < kMinAlignment) return false;
  const auto end = end_without(index, record, *pad.place.field);
  return end && align_up(*end, record.align_bytes) == record.size_bytes;
}

/// The first field of the group behind the pad asks for an alignment that brings it there anyway.
bool fills_up_a_gap(const PaddedRecord& padded, const PadField& pad) {
  if (pad.group_before >= padded.groups.size()) return false;
  const LineField& next = padded.groups[pad.group_before].fields.front();
  const uint64_t alignment = next.field->alignas_bytes;
  return next.parent == padded.record && alignment >= kMinAlignment &&
         next.bytes.begin >= pad.place.bytes.begin &&
         align_up(pad.place.bytes.begin, alignment) == next.bytes.begin;
}

Complaint complaint_of(const SourceRecord& record, const SourceField& pad, std::string because) {
  Complaint complaint{.record = record.name, .position = pad.position, .key = "redundant"};
  complaint.fields = {{.name = pad.name, .offset = pad.offset_bits / 8, .size = pad.size_bits / 8}};
  complaint.declared = pad.name + " is declared here";
  complaint.message = pad.name + " of " + record.name + " changes nothing: " + std::move(because);
  complaint.reason = "an alignment rounds sizes and offsets up by itself";
  complaint.verdict = Verdict::kFix;
  complaint.weight = 5;
  complaint.advice = {{.remedy = "leave",
                       .summary = "remove " + pad.name +
                                  "; if the size must stay a multiple of a line, say so in a guard",
                       .memory_bytes = 0,
                       .guard = "static_assert(sizeof(" + record.name + ") % 64 == 0);"}};
  return complaint;
}

std::string size_of_field(const SourceField& field) {
  return "sizeof(" + field.name + ")";
}

}  // namespace

std::vector<Complaint> redundant_pads(const FactIndex& index, const PaddedRecord& padded) {
  std::vector<Complaint> found;
  for (const PadField& pad : padded.pads) {
    if (pad.place.parent != padded.record) continue;
    if (fills_up_the_end(index, padded, pad))
      found.push_back(complaint_of(
          *padded.record, *pad.place.field,
          "its alignment of " + std::to_string(padded.record->align_bytes) +
              " rounds the size up to " + std::to_string(padded.record->size_bytes) + " anyway"));
    else if (fills_up_a_gap(padded, pad))
      found.push_back(complaint_of(*padded.record, *pad.place.field,
                                   "the alignment of what follows it leaves the same gap"));
  }
  return found;
}

std::vector<Complaint> redundant_pads_as_spelled(const SourceRecord& record) {
  if (record.fields.size() < 2) return {};
  const SourceField& pad = record.fields.back();
  const SourceField& last = record.fields[record.fields.size() - 2];
  if (!is_called_pad(pad) || last.alignas_text.empty()) return {};
  const std::string expected = bare_expression(last.alignas_text) + "-" + size_of_field(last);
  if (bare_expression(pad.bound_text) != expected) return {};
  return {complaint_of(record, pad,
                       "the alignment of " + last.name + " rounds the size up to whole lines")};
}

}  // namespace quarrel
