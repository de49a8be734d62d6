// Which cache lines do threads fight over although they use different bytes of them?
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "join/advice/advice.h"
#include "join/join.h"
#include "join/line_finding.h"
#include "join/lock_facts.h"
#include "join/neighbours.h"

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
    const std::string name = touched.member_name();
    // The same field of a neighbour adds nothing to one object.
    if (std::find(group.fields.begin(), group.fields.end(), name) != group.fields.end()) continue;
    group.fields.push_back(name);
    group.bytes += field.size;
  }
  std::vector<FieldGroup> result;
  for (auto& [threads, group] : groups) result.push_back(std::move(group));
  return result;
}

/// The library's count has no declaration to align; what lies behind it has.
void add_advice_beside_count(const std::string& count, const LineEvidence& evidence,
                             uint32_t line_size, Finding& finding) {
  std::vector<std::string> fields;
  uint64_t bytes = 0;
  for (const TouchedField& touched : evidence.fields) {
    if (touched.is_owner_count()) continue;
    fields.push_back(touched.member_name());
    bytes += touched.field.size;
  }
  if (!fields.empty())
    finding.advice.push_back(
        advise_pad_behind_count(fmt::format("{}", fmt::join(fields, " and ")), bytes, line_size));
  finding.advice.push_back(advise_fewer_copies(count));
}

void add_advice(const JoinInput& input, const LineEvidence& evidence, Finding& finding) {
  if (finding.verdict == Verdict::kLeave) {
    finding.advice.push_back(advise_leave("the sharing costs too little"));
    return;
  }
  const uint32_t line_size = input.profile.recording.run.host.line_size;
  if (const std::string count = owner_count_of(evidence); !count.empty())
    return add_advice_beside_count(count, evidence, line_size, finding);
  const auto neighbours = find_neighbours(evidence);
  if (neighbours)
    finding.advice.push_back(advise_align_elements(
        {neighbours->name, neighbours->is_record, neighbours->stride, line_size}));
  PadSubject subject{evidence.names.record, group_by_threads(evidence),
                     find_record(input.facts, evidence.names.record), line_size};
  const bool is_one_object = !neighbours || neighbours->share_one_object;
  if (is_one_object && subject.groups.size() >= 2) {
    if (auto reorder = advise_reorder(subject)) finding.advice.push_back(std::move(*reorder));
    finding.advice.push_back(advise_pad(subject));
  }
  if (evidence.sharing == Sharing::kMixed || subject.groups.size() < 2)
    finding.advice.push_back(
        advise_shard(list_fields(evidence), false, evidence.threads.size(), subject.line_size));
}

std::string subject_of(const LineEvidence& evidence) {
  const auto neighbours = find_neighbours(evidence);
  if (!neighbours || neighbours->share_one_object) return list_fields(evidence);
  return fmt::format("{} of {} neighbours", list_fields(evidence), neighbours->count);
}

std::string message_of(const LineEvidence& evidence, const Finding& finding) {
  const bool is_one_object = evidence.fields.size() < 2;
  const std::string lines =
      evidence.lines == 1 ? "a cache line" : fmt::format("each of {} cache lines", evidence.lines);
  return fmt::format("{} {} {} and {} threads use different bytes of it: {}", subject_of(evidence),
                     is_one_object ? "lies on" : "share", lines, evidence.threads.size(),
                     cost_phrase(evidence, finding));
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
