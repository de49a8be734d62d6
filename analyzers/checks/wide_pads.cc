// Which pads are larger than what they are for?
#include "checks/wide_pads.h"

#include <algorithm>

#include "checks/bound_text.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

std::vector<std::string> pad_names(const std::vector<const PadField*>& pads) {
  std::vector<std::string> names;
  for (const PadField* pad : pads) names.push_back(pad->place.path);
  return names;
}

/// The first fields behind the pads and the last ones ahead of them: what they keep apart.
std::vector<LineField> neighbours(const PaddedRecord& padded,
                                  const std::vector<const PadField*>& pads) {
  std::vector<LineField> found;
  for (const PadGroup& group : padded.groups) found.push_back(group.fields.front());
  for (const PadField* pad : pads) found.push_back(pad->place);
  return found;
}

Complaint complaint_of(const PaddedRecord& padded, const std::vector<const PadField*>& pads,
                       std::string key) {
  Complaint complaint = complaint_about(*padded.record);
  complaint.fields = subject_fields(neighbours(padded, pads));
  complaint.key = std::move(key);
  complaint.weight = 12;
  return complaint;
}

/// Whole lines that the pad has beyond the one that it fills up.
uint64_t surplus(const PadField& pad) {
  return (pad.place.bytes.size - 1) / kLineBytes * kLineBytes;
}

/// Fills a line from any address on: nothing shorter does without alignment.
bool is_whole_line(const PadField& pad) {
  return pad.place.bytes.size + 1 >= kLineBytes && pad.place.bytes.size <= kLineBytes;
}

bool is_whole_line_at(const PaddedRecord& padded, const LineField& place) {
  return std::any_of(padded.pads.begin(), padded.pads.end(), [&](const PadField& pad) {
    return is_whole_line(pad) && pad.place.path == place.path;
  });
}

/// Size of the record if each whole-line pad were an alignment of what follows it, or of the end.
uint64_t aligned_size(const PaddedRecord& padded) {
  uint64_t end = 0;
  uint64_t old_end = 0;
  bool starts_line = false;
  for (const SourceField& field : padded.record->fields) {
    const LineField place{.path = field.name};
    const uint64_t offset = field.offset_bits / 8;
    const uint64_t size = (field.size_bits + 7) / 8;
    if (is_whole_line_at(padded, place)) {
      starts_line = true;
    } else {
      end += offset > old_end ? std::min<uint64_t>(offset - old_end, 16) : 0;
      end = starts_line ? align_up(end, kLineBytes) : end;
      end += size;
      starts_line = false;
    }
    old_end = std::max(old_end, offset + size);
  }
  return align_up(end, kLineBytes);
}

bool is_cxx(const TranslationUnit& unit) {
  return unit.standard.find("++") != std::string::npos;
}

/// Bytes that an alignment must save to be worth advising. In C++ since C++17 it comes for nothing,
/// before it is not to be had; in C the allocation has to be changed as well.
uint64_t least_saving(const FactIndex& index) {
  const auto& units = index.facts().units;
  const bool has_cxx = std::any_of(units.begin(), units.end(), is_cxx);
  const bool is_honoured = std::all_of(units.begin(), units.end(), [](const TranslationUnit& unit) {
    return !is_cxx(unit) || unit.has_aligned_new;
  });
  if (!is_honoured) return UINT64_MAX;
  return has_cxx ? 1 : kLineBytes;
}

}  // namespace

std::optional<Complaint> doubled_pads(const PaddedRecord& padded) {
  std::vector<const PadField*> wide;
  uint64_t bytes = 0;
  for (const PadField& pad : padded.pads) {
    if (pad.place.bytes.size <= kLineBytes || !is_multiple(pad.place.field->bound_text)) continue;
    wide.push_back(&pad);
    bytes += surplus(pad);
  }
  if (wide.empty()) return std::nullopt;
  Complaint complaint = complaint_of(padded, wide, "doubled");
  complaint.message = enumerate(pad_names(wide)) + " of " + padded.record->name +
                      (wide.size() == 1 ? " is" : " are") +
                      " more than a cache line: " + bytes_text(bytes) +
                      " an object that only the prefetch of adjacent lines " + "could justify";
  complaint.reason =
      "one line keeps writers apart; two help only where the prefetcher fetches "
      "pairs of lines, which a measurement on the machine in use has to show";
  complaint.advice = {{.remedy = "pad",
                       .summary = "align the groups to 64 bytes and drop the rest",
                       .memory_bytes = 0}};
  return complaint;
}

std::optional<Complaint> pads_instead_of_alignment(const FactIndex& index,
                                                   const PaddedRecord& padded) {
  const SourceRecord& record = *padded.record;
  std::vector<const PadField*> whole;
  for (const PadField& pad : padded.pads)
    if (is_whole_line(pad) && pad.place.parent == &record) whole.push_back(&pad);
  if (whole.empty() || record.align_bytes >= kLineBytes || !record.bases.empty())
    return std::nullopt;
  const uint64_t size = aligned_size(padded);
  if (size >= record.size_bytes || record.size_bytes - size < least_saving(index))
    return std::nullopt;
  Complaint complaint = complaint_of(padded, whole, "instead of alignment");
  complaint.message = enumerate(pad_names(whole)) + " of " + record.name +
                      (whole.size() == 1 ? " keeps" : " keep") +
                      " lines apart whatever the address, where an alignment to 64 would with " +
                      bytes_text(record.size_bytes - size) + " less";
  complaint.reason =
      "without an alignment the padding must be a whole line, and what it separates "
      "may still lie across two";
  complaint.advice = {{.remedy = "pad",
                       .summary = "align the first member behind each of them to 64 bytes, and "
                                  "allocate the record aligned",
                       .memory_bytes = 0,
                       .guard = "static_assert(alignof(" + record.name + ") >= 64);"}};
  return complaint;
}

}  // namespace quarrel
