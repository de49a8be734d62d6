// Do the threads of a cache line want the same bytes, or only the same line?
#include "join/sharing.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace quarrel {
namespace {

bool writes(const LineAccess& access) {
  return access.kind != AccessKind::kRead;
}
bool reads(const LineAccess& access) {
  return access.kind != AccessKind::kWrite;
}

bool clashes(const LineAccess& a, const LineAccess& b) {
  return a.thread != b.thread && (writes(a) || writes(b));
}

bool overlaps(const LineAccess& a, const LineAccess& b) {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/// For each access: do other threads clash with it over the same bytes?
std::vector<bool> contended_accesses(const LineProfile& line) {
  std::vector<bool> contended;
  for (const LineAccess& one : line.accesses)
    contended.push_back(std::any_of(
        line.accesses.begin(), line.accesses.end(),
        [&](const LineAccess& other) { return clashes(one, other) && overlaps(one, other); }));
  return contended;
}

void insert_sorted(std::vector<int32_t>& tids, int32_t tid) {
  const auto place = std::lower_bound(tids.begin(), tids.end(), tid);
  if (place == tids.end() || *place != tid) tids.insert(place, tid);
}

int32_t tid_of(ThreadId thread, const Recording& recording) {
  return thread.value < recording.threads.size() ? recording.threads[thread.value].tid : 0;
}

std::string name_of(const DataObject& object) {
  if (!object.field.empty()) return object.field;
  if (!object.variable.empty()) return object.variable;
  return object.display;
}

SubjectField field_of(const LineProfile& line, const LineAccess& access) {
  SubjectField field{.offset = access.offset, .size = access.size};
  const DataObject* object = object_at(line, line.address + access.offset);
  if (object == nullptr) {
    field.name =
        fmt::format("+{} ({} byte{})", access.offset, access.size, access.size == 1 ? "" : "s");
    return field;
  }
  // An object may begin on the line before; then the part that is here counts.
  const uint64_t start = std::max(object->address, line.address);
  field.name = name_of(*object);
  field.offset = start - line.address;
  if (object->size > start - object->address) field.size = object->size - (start - object->address);
  return field;
}

bool is_same_field(const SubjectField& a, const SubjectField& b) {
  return a.offset == b.offset && a.size == b.size && a.name == b.name;
}

SubjectField& matching_field(std::vector<SubjectField>& fields, SubjectField wanted) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const SubjectField& field) {
    return is_same_field(field, wanted);
  });
  if (found != fields.end()) return *found;
  return fields.emplace_back(std::move(wanted));
}

bool comes_before(const SubjectField& a, const SubjectField& b) {
  return std::tie(a.offset, a.size, a.name) < std::tie(b.offset, b.size, b.name);
}

}  // namespace

const DataObject* object_at(const LineProfile& line, uint64_t address) {
  const DataObject* best = nullptr;
  for (const DataObject& object : line.objects) {
    const uint64_t size = std::max<uint64_t>(object.size, 1);
    const bool holds = address >= object.address && address - object.address < size;
    if (holds && !name_of(object).empty() && (best == nullptr || object.size < best->size))
      best = &object;
  }
  return best;
}

Sharing classify_sharing(const LineProfile& line) {
  const std::vector<bool> contended = contended_accesses(line);
  bool is_true = false;
  bool is_false = false;
  for (size_t i = 0; i < line.accesses.size(); ++i) {
    is_true |= contended[i];
    for (size_t j = 0; j < i; ++j) {
      if (!clashes(line.accesses[i], line.accesses[j])) continue;
      is_false |= !overlaps(line.accesses[i], line.accesses[j]) && !(contended[i] && contended[j]);
    }
  }
  if (is_true) return is_false ? Sharing::kMixed : Sharing::kTrue;
  return is_false ? Sharing::kFalse : Sharing::kNone;
}

std::vector<SubjectField> line_fields(const LineProfile& line, const Recording& recording) {
  std::vector<SubjectField> fields;
  for (const LineAccess& access : line.accesses) {
    SubjectField& field = matching_field(fields, field_of(line, access));
    const int32_t tid = tid_of(access.thread, recording);
    if (reads(access)) insert_sorted(field.readers, tid);
    if (writes(access)) insert_sorted(field.writers, tid);
    field.samples += access.samples + access.memory.samples;
  }
  std::sort(fields.begin(), fields.end(), comes_before);
  return fields;
}

}  // namespace quarrel
