// How does the evidence of a shared cache line become a finding?
#include "join/line_finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "join/allocation_sites.h"
#include "join/memory_traffic.h"
#include "join/run_rate.h"
#include "join/watch_evidence.h"

namespace quarrel {
namespace {

double sampled_ms_per_s(const Recording& recording, uint64_t samples) {
  const double ns =
      static_cast<double>(samples) * static_cast<double>(recording.run.sample_period_ns);
  return thread_ms_per_s(ns, recording.run.duration_ns);
}

Cost line_cost(const Recording& recording, const LineEvidence& evidence) {
  if (evidence.samples == 0 && evidence.memory.samples > 0) return {0, Bound::kUnknown};
  double cost = sampled_ms_per_s(recording, evidence.samples);
  if (evidence.harm.state == HarmState::kApart)
    cost = sampled_ms_per_s(recording, evidence.hottest->co_active_samples);
  else if (evidence.steps)
    cost *= 1 - 1 / std::max(1.0, evidence.steps->high);
  else if (evidence.harm.state == HarmState::kSaturated)
    return {cost, Bound::kUpper};
  else if (evidence.contrast.is_known)
    cost *= 1 - 1 / std::max(1.0, evidence.contrast.high);
  return {cost, Bound::kUpper};
}

Verdict verdict_of(HarmState state) {
  switch (state) {
    case HarmState::kHarmful:
      return Verdict::kFix;
    case HarmState::kHarmless:
    case HarmState::kApart:
      return Verdict::kLeave;
    case HarmState::kUnsure:
    case HarmState::kSaturated:
    case HarmState::kAlways:
    case HarmState::kTooFew:
      return Verdict::kMeasureFirst;
  }
  return Verdict::kMeasureFirst;
}

void judge_line(const LineEvidence& evidence, Finding& finding) {
  const PeerContrast& contrast = evidence.contrast;
  finding.evidence = evidence.harm.state == HarmState::kHarmful         ? Evidence::kHarm
                     : finding.watched && finding.watched->is_confirmed ? Evidence::kConfirmed
                                                                        : Evidence::kTouched;
  finding.verdict = verdict_of(evidence.harm.state);
  finding.reason = evidence.harm.reason;
  if (contrast.is_known) finding.contrast = Contrast{contrast.odds, contrast.low, contrast.high};
  add_memory_evidence(finding);
  const bool is_cost_known = finding.cost.bound != Bound::kUnknown;
  if (is_cost_known && finding.verdict != Verdict::kLeave &&
      finding.cost.thread_ms_per_s < kNegligibleMsPerS) {
    finding.verdict = Verdict::kLeave;
    finding.reason += fmt::format(
        "; but at most {:.1f} thread-ms/s, less than one hundredth of one thread, are at stake: no "
        "change pays for itself",
        finding.cost.thread_ms_per_s);
  }
  finding.level = level_of(finding.verdict);
}

Subject line_subject(const LineEvidence& evidence) {
  Subject subject{SubjectKind::kLine, evidence.names.name, evidence.names.record, {}, {}};
  for (const TouchedField& touched : evidence.fields) subject.fields.push_back(touched.field);
  subject.address = evidence.hottest->address;
  subject.instances = evidence.lines;
  return subject;
}

void add_declarations(const LineEvidence& evidence, Finding& finding) {
  for (const TouchedField& touched : evidence.fields) {
    if (touched.object == nullptr || touched.object->declared.file.empty()) continue;
    const CodeLocation& at = touched.object->declared;
    finding.locations.push_back({at.file, at.line, at.column, at.function, "field",
                                 fmt::format("{} is declared here, at byte {} of the line",
                                             touched.object->display, touched.field.offset)});
  }
}

void add_threads(const Recording& recording, const LineEvidence& evidence, Finding& finding) {
  for (const auto& [thread, touch] : evidence.threads) {
    const ThreadName name = name_thread(recording, thread);
    finding.threads.push_back({name.tid,
                               name.name,
                               touch.writes ? "writer" : "reader",
                               sampled_ms_per_s(recording, touch.samples),
                               {},
                               side_of(*evidence.hottest, recording, thread)});
  }
  std::stable_sort(finding.threads.begin(), finding.threads.end(),
                   [](const ThreadRole& a, const ThreadRole& b) {
                     return a.thread_ms_per_s > b.thread_ms_per_s;
                   });
}

}  // namespace

bool is_above_floor(const Recording& recording, const LineEvidence& evidence) {
  if (evidence.memory.samples > 0) return true;
  // Without a sample period (a foreign or damaged recording) no cost can be told: show the line.
  if (recording.run.sample_period_ns == 0) return true;
  return sampled_ms_per_s(recording, evidence.samples) >= kFloorMsPerS;
}

std::string list_fields(const LineEvidence& evidence) {
  std::vector<std::string> names;
  for (const TouchedField& touched : evidence.fields) {
    const std::string& record = evidence.names.record;
    std::string name =
        record.empty() ? touched.member_name() : record + "::" + touched.member_name();
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  if (names.size() < 2) return names.empty() ? evidence.names.name : names.front();
  const std::string last = std::move(names.back());
  names.pop_back();
  return fmt::format("{} and {}", fmt::join(names, ", "), last);
}

std::string owner_count_of(const LineEvidence& evidence) {
  for (const TouchedField& touched : evidence.fields)
    if (touched.is_owner_count()) return touched.member_name();
  return "";
}

std::string cost_phrase(const LineEvidence& evidence, const Finding& finding) {
  if (finding.cost.bound == Bound::kUnknown) return traffic_phrase(evidence.memory);
  return fmt::format("up to {:.1f} thread-ms/s", finding.cost.thread_ms_per_s);
}

Finding line_finding(const JoinInput& input, const std::string& rule,
                     const LineEvidence& evidence) {
  const Recording& recording = input.profile.recording;
  Finding finding;
  finding.rule = rule;
  finding.fingerprint = evidence.fingerprint;
  finding.sharing = evidence.sharing;
  finding.subject = line_subject(evidence);
  finding.cost = line_cost(recording, evidence);
  finding.step_cost = evidence.steps;
  finding.watched = watched_line(*evidence.hottest, recording);
  finding.traffic = line_traffic(input.profile, evidence);
  judge_line(evidence, finding);
  add_threads(recording, evidence, finding);
  add_declarations(evidence, finding);
  add_access_code(input.profile, evidence, finding);
  AllocationSum allocations(input.profile);
  for (const LineProfile* line : evidence.all) allocations.add_line(*line);
  allocations.describe(finding, evidence.names.is_named);
  return finding;
}

}  // namespace quarrel
