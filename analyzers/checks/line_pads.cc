// Which fields of a record only keep others apart, and what do they separate?
#include "checks/line_pads.h"

#include <algorithm>
#include <array>

#include "checks/bound_text.h"
#include "checks/name_words.h"

namespace quarrel {
namespace {

// Smaller ones fill up a word or a struct that goes over a wire.
constexpr uint64_t kMinPadBytes = 16;
// "reserved" and the like are mostly room for later: only one that reaches a line's end counts.
constexpr uint64_t kMinReservedBytes = 24;

constexpr std::array<std::string_view, 14> kPadWords = {
    "pad",    "padding", "pads", "padded", "filler",    "fillers",   "spacer",
    "prepad", "postpad", "gap",  "sep",    "cacheline", "separator", "guard"};
constexpr std::array<std::string_view, 5> kReserveWords = {"reserved", "unused", "reserve", "dummy",
                                                           "spare"};

bool is_reserve(const SourceField& field) {
  return has_any_word(field.name, kReserveWords);
}

/// Arrays of characters or numbers, and records (a template's padding type).
bool is_filler_type(const SourceField& field) {
  const bool is_live = field.is_atomic || field.lock != LockClass::kNone || field.is_volatile;
  return !is_live && field.type.find('*') == field.type.npos;
}

bool is_used(const CheckContext& context, const LineField& place) {
  const auto sites = context.index.accesses_to_field(*place.parent, *place.field);
  return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    return site->access != SourceAccess::kAddress && !context.hotness.is_setup(*site);
  });
}

void close_group(PaddedRecord& padded, PadGroup& group) {
  if (group.fields.empty()) return;
  const ByteRange first = group.fields.front().bytes;
  uint64_t end = 0;
  for (const LineField& place : group.fields)
    end = std::max(end, place.bytes.begin + place.bytes.size);
  group.bytes = {first.begin, end - first.begin};
  padded.groups.push_back(std::move(group));
  group = {};
}

bool speaks_of_lines(const SourceField& field) {
  return names_line(field.bound_text) || names_line(field.name) || names_line(field.alignas_text);
}

}  // namespace

bool is_called_pad(const SourceField& field) {
  return (has_any_word(field.name, kPadWords) || is_reserve(field)) && is_filler_type(field) &&
         (field.array_length > 0 || !field.bound_text.empty() || field.type_record.is_valid());
}

bool is_pad(const CheckContext& context, const LineField& place) {
  if (place.bytes.size < kMinPadBytes || !is_called_pad(*place.field)) return false;
  const uint64_t end = place.bytes.begin + place.bytes.size;
  const bool is_room_for_later = is_reserve(*place.field) && !speaks_of_lines(*place.field) &&
                                 (place.bytes.size < kMinReservedBytes || end % kLineBytes != 0);
  return !is_room_for_later && !is_used(context, place);
}

PaddedRecord padded_record(const CheckContext& context, const SourceRecord& record) {
  PaddedRecord padded{.record = &record};
  const auto places = flatten(context.index, record);
  PadGroup group;
  for (const LineField& place : places) {
    if (!is_pad(context, place)) {
      group.fields.push_back(place);
      continue;
    }
    close_group(padded, group);
    padded.pads.push_back({.place = place, .group_before = padded.groups.size()});
    padded.names_line = padded.names_line || speaks_of_lines(*place.field);
  }
  if (!padded.pads.empty()) padded.pads.back().is_last = group.fields.empty();
  close_group(padded, group);
  return padded;
}

}  // namespace quarrel
