// How does the evidence of a shared cache line become a finding?
#include "join/line_finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "join/run_rate.h"

namespace quarrel {
namespace {

/// The others do not slow it down noticeably: upper end of the odds interval below this.
constexpr double kHarmlessOdds = 1.5;

double sampled_ms_per_s(const Recording& recording, uint64_t samples) {
  const double ns =
      static_cast<double>(samples) * static_cast<double>(recording.run.sample_period_ns);
  return thread_ms_per_s(ns, recording.run.duration_ns);
}

Cost line_cost(const Recording& recording, const LineEvidence& evidence) {
  double cost = sampled_ms_per_s(recording, evidence.samples);
  if (evidence.contrast.is_known) cost *= 1 - 1 / std::max(1.0, evidence.contrast.high);
  return {cost, Bound::kUpper};
}

void judge_without_contrast(Finding& finding) {
  finding.verdict = Verdict::kMeasureFirst;
  finding.reason =
      "the threads do touch the line, but too few samples show whether they slow each other down: "
      "record longer or under more load";
}

void judge_by_contrast(const PeerContrast& contrast, Finding& finding) {
  const std::string measured = fmt::format(
      "the odds to catch a thread at this line are {:.1f} times as high (95 %: {:.1f} to {:.1f}) "
      "while another of its threads runs",
      contrast.odds, contrast.low, contrast.high);
  finding.reason = measured;
  if (shows_harm(contrast)) {
    finding.verdict = Verdict::kFix;
    finding.evidence = Evidence::kHarm;
  } else if (contrast.high < kHarmlessOdds) {
    finding.verdict = Verdict::kLeave;
    finding.reason += ": the sharing costs next to nothing";
  } else {
    finding.verdict = Verdict::kMeasureFirst;
    finding.reason += ": not enough to be sure of the harm";
  }
}

void judge_line(const LineEvidence& evidence, Finding& finding) {
  const PeerContrast& contrast = evidence.contrast;
  finding.evidence = Evidence::kTouched;
  if (contrast.is_known) {
    finding.contrast = Contrast{contrast.odds, contrast.low, contrast.high};
    judge_by_contrast(contrast, finding);
  } else {
    judge_without_contrast(finding);
  }
  if (finding.verdict != Verdict::kLeave && finding.cost.thread_ms_per_s < kNegligibleMsPerS) {
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
    finding.threads.push_back({name.tid, name.name, touch.writes ? "writer" : "reader",
                               sampled_ms_per_s(recording, touch.samples)});
  }
  std::stable_sort(finding.threads.begin(), finding.threads.end(),
                   [](const ThreadRole& a, const ThreadRole& b) {
                     return a.thread_ms_per_s > b.thread_ms_per_s;
                   });
}

}  // namespace

bool is_above_floor(const Recording& recording, const LineEvidence& evidence) {
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

Finding line_finding(const JoinInput& input, const std::string& rule,
                     const LineEvidence& evidence) {
  const Recording& recording = input.profile.recording;
  Finding finding;
  finding.rule = rule;
  finding.fingerprint = evidence.fingerprint;
  finding.sharing = evidence.sharing;
  finding.subject = line_subject(evidence);
  finding.cost = line_cost(recording, evidence);
  judge_line(evidence, finding);
  add_threads(recording, evidence, finding);
  add_declarations(evidence, finding);
  add_access_code(input.profile, evidence, finding);
  return finding;
}

}  // namespace quarrel
