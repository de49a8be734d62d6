// What did the run show of one cache line: whose fields, which threads, at which lines of code?
#include "join/line_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "join/sharing.h"
#include "join/step_cost.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

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

/// Of a pattern over many lines no address says anything; the code that meets there does.
std::string name_by_code(const LineProfile& line) {
  if (line.lines == 1) return fmt::format("line {:#x}", line.address);
  std::set<std::string> functions;
  for (const LineAccess& access : line.accesses) functions.insert(access.location.function);
  return fmt::format("{} lines of {}", line.lines, fmt::join(functions, ", "));
}

LineNames name_line(const LineProfile& line, const std::vector<TouchedField>& fields) {
  LineNames names;
  names.record = common_record(fields);
  names.is_named = !fields.empty();
  std::set<std::string> members;
  bool is_guess = false;
  for (const TouchedField& field : fields) {
    is_guess |= field.object != nullptr && field.object->source == NameSource::kGuess;
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
    names.name = name_by_code(line);
  if (is_guess) names.name += " (a guess)";
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
  evidence.all = {&line};
  evidence.lines = line.lines;
  evidence.samples = line.samples;
  evidence.sharing = sharing;
  evidence.fields = touched_fields(line, profile.recording);
  evidence.names = name_line(line, evidence.fields);
  evidence.fingerprint = line_fingerprint(rule, line, evidence.names);
  add_threads(line, evidence.threads);
  for (const LineAccess& access : line.accesses) add_counts(access.memory, evidence.memory);
  return evidence;
}

bool is_hotter(const LineEvidence& a, const LineEvidence& b) {
  const auto heat = [](const LineEvidence& evidence) {
    return std::tuple(evidence.hottest->samples, transfer_count(evidence.memory),
                      evidence.memory.samples);
  };
  return heat(a) > heat(b);
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
  MemoryCounts memory = into.memory;
  add_counts(other.memory, memory);
  std::vector<const LineProfile*> all = std::move(into.all);
  all.insert(all.end(), other.all.begin(), other.all.end());
  if (is_hotter(other, into)) into = std::move(other);
  into.all = std::move(all);
  into.memory = memory;
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

/// The user's source lines of an access; samples without a stack count for its own line.
void add_code(const LineAccess& access, std::map<CodeLocation, uint64_t>& weights) {
  uint64_t left = weight_of(access);
  for (const AccessCaller& caller : access.callers) {
    const uint64_t samples = std::min(caller.samples, left);
    weights[caller.user] += samples;
    left -= samples;
  }
  if (left > 0) weights[access.location] += left;
}

/// The accesses of one role by source line, heaviest first.
std::vector<FindingLocation> access_lines(const LineProfile& line, bool writes, size_t limit) {
  std::map<CodeLocation, uint64_t> weights;
  uint64_t total = 0;
  for (const LineAccess& access : line.accesses) {
    total += weight_of(access);
    if ((access.kind != AccessKind::kRead) == writes) add_code(access, weights);
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
  for (LineEvidence& evidence : all) {
    evidence.contrast = peer_contrast(*evidence.hottest, profile.recording);
    evidence.harm = judge_harm(*evidence.hottest, evidence.contrast);
    evidence.steps = step_cost(*evidence.hottest, profile.recording);
    if (evidence.steps) evidence.harm = judge_steps(*evidence.steps, std::move(evidence.harm));
  }
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
      if ((access.kind != AccessKind::kRead) == writes)
        for (const AccessCaller& caller : access.callers)
          stacks.add_frames(caller.innermost, complete.contains(caller.innermost), caller.samples);
    for (FindingStack& stack : stacks.heaviest(kMaxStacks))
      finding.stacks.push_back(std::move(stack));
  }
}

}  // namespace quarrel
