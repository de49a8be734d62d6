// Which cache lines do threads fight over although they use different bytes of them?
#include <fmt/format.h>

#include <map>

#include "join/advice/advice.h"
#include "join/join.h"
#include "join/line_finding.h"
#include "join/lock_facts.h"

namespace quarrel {
namespace {

using Tids = std::vector<int32_t>;

/// Fields that the same threads write may stay together; so may those that the same threads read.
std::vector<FieldGroup> group_by_threads(const LineEvidence& evidence) {
  std::map<std::pair<Tids, Tids>, FieldGroup> groups;
  for (const TouchedField& touched : evidence.fields) {
    const SubjectField& field = touched.field;
    const bool is_written = !field.writers.empty();
    FieldGroup& group = groups[{field.writers, is_written ? Tids{} : field.readers}];
    group.fields.push_back(touched.member_name());
    group.bytes += field.size;
  }
  std::vector<FieldGroup> result;
  for (auto& [threads, group] : groups) result.push_back(std::move(group));
  return result;
}

void add_advice(const JoinInput& input, const LineEvidence& evidence, Finding& finding) {
  if (finding.verdict == Verdict::kLeave) {
    finding.advice.push_back(advise_leave("the sharing costs too little"));
    return;
  }
  PadSubject subject{evidence.names.record, group_by_threads(evidence),
                     find_record(input.facts, evidence.names.record),
                     input.profile.recording.run.host.line_size};
  if (subject.groups.size() >= 2) {
    if (auto reorder = advise_reorder(subject)) finding.advice.push_back(std::move(*reorder));
    finding.advice.push_back(advise_pad(subject));
  }
  if (evidence.sharing == Sharing::kMixed || subject.groups.size() < 2)
    finding.advice.push_back(
        advise_shard(list_fields(evidence), false, evidence.threads.size(), subject.line_size));
}

std::string message_of(const LineEvidence& evidence, const Finding& finding) {
  const bool is_one_object = evidence.fields.size() < 2;
  return fmt::format("{} {} and {} threads use different bytes of it: up to {:.1f} thread-ms/s",
                     list_fields(evidence),
                     is_one_object ? "lies on a cache line" : "share a cache line",
                     evidence.threads.size(), finding.cost.thread_ms_per_s);
}

void run(const RuleInput& input, std::vector<Finding>& findings) {
  for (const LineEvidence& evidence : shared_lines(input.profile, "false-sharing")) {
    if (!is_above_floor(input.profile.recording, evidence)) continue;
    Finding finding = line_finding(input, "false-sharing", evidence);
    finding.message = message_of(evidence, finding);
    add_advice(input, evidence, finding);
    findings.push_back(std::move(finding));
  }
}

const Registration<JoinRule> kFalseSharing{{"false-sharing", run}};

}  // namespace
}  // namespace quarrel
