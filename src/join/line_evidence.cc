// What did the run show of one cache line: whose fields, which threads, at which lines of code?
#include "join/line_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "join/sharing.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

/// The smallest object there: the field rather than the record around it.
const DataObject* object_at(const LineProfile& line, uint64_t address) {
  const DataObject* best = nullptr;
  for (const DataObject& object : line.objects) {
    const uint64_t size = std::max<uint64_t>(object.size, 1);
    const bool holds = address >= object.address && address - object.address < size;
    if (holds && (best == nullptr || object.size < best->size)) best = &object;
  }
  return best;
}

std::vector<TouchedField> touched_fields(const LineProfile& line, const Recording& recording) {
  std::vector<TouchedField> touched;
  for (SubjectField& field : line_fields(line, recording)) {
    if (field.readers.empty() && field.writers.empty()) continue;
    const DataObject* object = object_at(line, line.address + field.offset);
    touched.push_back({std::move(field), object});
  }
  return touched;
}

/// The record that directly holds every touched field, or "".
std::string common_record(const std::vector<TouchedField>& fields) {
  if (fields.empty() || fields.front().object == nullptr) return "";
  const std::string& record = fields.front().object->record;
  for (const TouchedField& field : fields)
    if (field.object == nullptr || field.object->record != record) return "";
  return record;
}

LineNames name_line(const LineProfile& line, const std::vector<TouchedField>& fields) {
  LineNames names;
  names.record = common_record(fields);
  names.is_named = !fields.empty();
  std::set<std::string> members;
  for (const TouchedField& field : fields) {
    names.is_named &= field.object != nullptr && !field.member_name().empty();
    const bool is_foreign = names.record.empty() && field.object && !field.object->record.empty();
    members.insert(is_foreign ? field.object->display : field.member_name());
  }
  names.members.assign(members.begin(), members.end());
  if (!names.record.empty())
    names.name = names.record;
  else if (names.is_named)
    names.name = fmt::format("{}", fmt::join(names.members, ", "));
  else
    names.name = fmt::format("line {:#x}", line.address);
  return names;
}

/// Without names the accessing functions identify the line: no address may enter a fingerprint.
std::string line_fingerprint(const std::string& rule, const LineProfile& line,
                             const LineNames& names) {
  if (names.is_named) return fingerprint_of(rule, names.record, names.members);
  std::vector<std::string> functions;
  for (const LineAccess& access : line.accesses) functions.push_back(access.location.function);
  return fingerprint_of(rule, "unnamed data", std::move(functions));
}

void add_threads(const LineProfile& line, std::map<ThreadId, ThreadTouch>& threads) {
  for (const LineAccess& access : line.accesses) {
    ThreadTouch& touch = threads[access.thread];
    touch.samples += access.samples;
    touch.writes |= access.kind != AccessKind::kRead;
  }
}

LineEvidence evidence_of(const Profile& profile, const std::string& rule, const LineProfile& line,
                         Sharing sharing) {
  LineEvidence evidence;
  evidence.hottest = &line;
  evidence.lines = 1;
  evidence.samples = line.samples;
  evidence.sharing = sharing;
  evidence.fields = touched_fields(line, profile.recording);
  evidence.names = name_line(line, evidence.fields);
  evidence.fingerprint = line_fingerprint(rule, line, evidence.names);
  add_threads(line, evidence.threads);
  return evidence;
}

/// Adds one more line with the same fields; the hottest one stays the example that is shown.
void absorb(LineEvidence other, LineEvidence& into) {
  const uint64_t samples = into.samples + other.samples;
  const uint64_t lines = into.lines + other.lines;
  for (const auto& [thread, touch] : into.threads) {
    other.threads[thread].samples += touch.samples;
    other.threads[thread].writes |= touch.writes;
  }
  into.threads = other.threads;
  if (other.hottest->samples > into.hottest->samples) into = std::move(other);
  into.samples = samples;
  into.lines = lines;
}

bool belongs_to(const std::string& rule, Sharing sharing) {
  switch (sharing) {
    case Sharing::kNone:
      return false;
    case Sharing::kTrue:
      return rule == "true-sharing";
    case Sharing::kFalse:
    case Sharing::kMixed:
      return rule == "false-sharing";
  }
  return false;
}

/// Stacks of line accesses are named by frame; whether they are complete, the stack table knows.
std::set<FrameId> complete_frames(const Recording& recording) {
  std::set<FrameId> complete;
  for (const Stack& stack : recording.stacks)
    if (stack.status == StackStatus::kComplete) complete.insert(stack.innermost);
  return complete;
}

uint64_t weight_of(const LineAccess& access) {
  return access.samples + access.touches;
}

/// The accesses of one role by source line, heaviest first.
std::vector<FindingLocation> access_lines(const LineProfile& line, bool writes, size_t limit) {
  std::map<CodeLocation, uint64_t> weights;
  uint64_t total = 0;
  for (const LineAccess& access : line.accesses) {
    total += weight_of(access);
    if ((access.kind != AccessKind::kRead) == writes) weights[access.location] += weight_of(access);
  }
  std::vector<std::pair<CodeLocation, uint64_t>> order(weights.begin(), weights.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.size() > limit) order.resize(limit);
  std::vector<FindingLocation> lines;
  for (const auto& [place, weight] : order)
    lines.push_back(
        {place.file, place.line, place.column, place.function, writes ? "writer" : "reader",
         fmt::format("{:.0f} % of the samples at this cache line",
                     100.0 * static_cast<double>(weight) / std::max<double>(1, total))});
  return lines;
}

}  // namespace

std::string TouchedField::member_name() const {
  if (object == nullptr) return field.name;
  if (!object->record.empty() && !object->field.empty()) return object->field;
  return object->variable.empty() ? object->display : object->variable;
}

std::vector<LineEvidence> shared_lines(const Profile& profile, const std::string& rule) {
  std::vector<LineEvidence> all;
  std::unordered_map<std::string, size_t> by_fingerprint;
  for (const LineProfile& line : profile.lines) {
    const Sharing sharing = classify_sharing(line);
    if (!belongs_to(rule, sharing)) continue;
    LineEvidence evidence = evidence_of(profile, rule, line, sharing);
    const auto [place, is_new] = by_fingerprint.emplace(evidence.fingerprint, all.size());
    if (is_new)
      all.push_back(std::move(evidence));
    else
      absorb(std::move(evidence), all[place->second]);
  }
  for (LineEvidence& evidence : all)
    evidence.contrast = peer_contrast(*evidence.hottest, profile.recording);
  return all;
}

void add_access_code(const Profile& profile, const LineEvidence& evidence, Finding& finding) {
  constexpr size_t kMaxLines = 5;
  constexpr size_t kMaxStacks = 3;
  const LineProfile& line = *evidence.hottest;
  const std::set<FrameId> complete = complete_frames(profile.recording);
  for (const bool writes : {true, false}) {
    for (FindingLocation& place : access_lines(line, writes, kMaxLines))
      finding.locations.push_back(std::move(place));
    StackSum stacks(profile, writes ? "writer" : "reader");
    for (const LineAccess& access : line.accesses)
      if ((access.kind != AccessKind::kRead) == writes && access.frame.is_valid())
        stacks.add_frames(access.frame, complete.contains(access.frame), weight_of(access));
    for (FindingStack& stack : stacks.heaviest(kMaxStacks))
      finding.stacks.push_back(std::move(stack));
  }
}

}  // namespace quarrel
