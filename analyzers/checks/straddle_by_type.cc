// Which atomics and locks cross a line boundary, as far as types alone tell?
#include "checks/straddle_by_type.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "checks/line_layout.h"
#include "checks/own_records.h"

namespace quarrel {
namespace {

// Of a mutex of the C library the rest is hardly used (glibc, struct __pthread_mutex_s).
constexpr uint64_t kHotLockBytes = 20;

bool is_synchronized(const SourceField& field) {
  return (field.is_atomic || field.lock != LockClass::kNone) && field.array_length == 0;
}

ByteRange hot_bytes(const LineField& place) {
  ByteRange bytes = place.bytes;
  if (place.field->lock != LockClass::kNone) bytes.size = std::min(bytes.size, kHotLockBytes);
  return bytes;
}

bool crosses(ByteRange bytes, uint64_t base) {
  const uint64_t begin = base + bytes.begin;
  return bytes.size > 0 && bytes.size <= kLineBytes &&
         begin / kLineBytes != (begin + bytes.size - 1) / kLineBytes;
}

bool is_misaligned(const LineField& place) {
  const uint64_t size = place.bytes.size;
  return place.field->is_atomic && size > 0 && size <= 16 && place.bytes.begin % size != 0;
}

/// Where objects of a record begin in their line; empty: not known.
std::vector<uint64_t> known_bases(const SourceRecord& record, bool is_element) {
  if (record.align_bytes >= kLineBytes) return {0};
  if (!is_element || record.size_bytes == 0) return {};
  std::vector<uint64_t> bases;
  const uint64_t count = kLineBytes / std::gcd(record.size_bytes % kLineBytes, kLineBytes);
  for (uint64_t i = 0; i < count; ++i) bases.push_back(i * record.size_bytes % kLineBytes);
  return bases;
}

/// Records that lie side by side in an array, a member or a global.
std::set<SymbolId> element_records(const SourceFacts& facts) {
  std::set<SymbolId> elements;
  for (const SourceVariable& variable : facts.variables)
    if (variable.array_length > 2) elements.insert(variable.type_record);
  for (const SourceRecord& record : facts.records)
    for (const SourceField& field : record.fields)
      if (field.array_length > 2) elements.insert(field.type_record);
  return elements;
}

Complaint complaint_of(const SourceRecord& record, const LineField& place, std::string where) {
  Complaint complaint = complaint_about(record);
  complaint.fields = {subject_field(place)};
  complaint.position = place.field->position;
  complaint.declared = place.path + " is declared here";
  complaint.message = place.path + " of " + record.name + " lies across two cache lines " +
                      std::move(where) + ": every use of it takes both";
  complaint.reason = "the types show the layout, not how often it is used";
  complaint.advice = {
      {.remedy = "reorder",
       .summary = "move " + place.path + " to an offset where it fits into one line",
       .memory_bytes = 0}};
  return complaint;
}

void judge(const SourceRecord& record, const LineField& place, bool is_element,
           std::vector<Complaint>& found) {
  const ByteRange bytes = hot_bytes(place);
  const std::vector<uint64_t> bases = known_bases(record, is_element);
  const bool is_across =
      std::any_of(bases.begin(), bases.end(), [&](uint64_t base) { return crosses(bytes, base); });
  const std::string at = "at offset " + std::to_string(place.bytes.begin);
  if (is_across)
    found.push_back(complaint_of(record, place,
                                 record.align_bytes >= kLineBytes
                                     ? at
                                     : "in some elements of an array, which are " +
                                           bytes_text(record.size_bytes) + " each"));
  else if (is_misaligned(place) && bases.empty())
    found.push_back(
        complaint_of(record, place, at + ", not aligned to its own size, of some objects"));
}

}  // namespace

std::vector<Complaint> straddling_by_type(const FactIndex& index) {
  const std::set<SymbolId> elements = element_records(index.facts());
  std::vector<Complaint> found;
  for (const SourceRecord* record : laid_out_records(index))
    for (const LineField& place : flatten(index, *record))
      // What is wrong inside of a member's type is said of that type.
      if (place.parent == record && is_synchronized(*place.field))
        judge(*record, place, elements.contains(record->symbol), found);
  return found;
}

}  // namespace quarrel
