// Which bytes do several threads really share, so that moving them apart would not help?
#include <fmt/format.h>

#include <algorithm>

#include "join/advice/advice.h"
#include "join/join.h"
#include "join/line_finding.h"

namespace quarrel {
namespace {

/// All writes are read-modify-write operations with a lock prefix by two threads or more: a counter
/// or a flag set, of which every thread could keep a part of its own.
bool is_counter(const LineEvidence& evidence) {
  size_t writers = 0;
  for (const auto& [thread, touch] : evidence.threads) writers += touch.writes ? 1 : 0;
  const auto& accesses = evidence.hottest->accesses;
  return writers >= 2 &&
         std::all_of(accesses.begin(), accesses.end(), [](const LineAccess& access) {
           return access.kind == AccessKind::kRead || access.is_locked;
         });
}

void add_advice(const JoinInput& input, const LineEvidence& evidence, Finding& finding) {
  if (finding.verdict == Verdict::kLeave) {
    finding.advice.push_back(advise_leave("the sharing costs too little"));
    return;
  }
  const std::string name = list_fields(evidence);
  if (const std::string count = owner_count_of(evidence); !count.empty()) {
    finding.advice.push_back(advise_fewer_copies(count));
    finding.advice.push_back(refuse_shard_of_count(count));
  } else {
    finding.advice.push_back(advise_shard(name, is_counter(evidence), evidence.threads.size(),
                                          input.profile.recording.run.host.line_size));
  }
  finding.advice.push_back(refuse_pad(name));
}

void run(const RuleInput& input, std::vector<Finding>& findings) {
  for (const LineEvidence& evidence : shared_lines(input.profile, "true-sharing")) {
    if (!is_above_floor(input.profile.recording, evidence)) continue;
    Finding finding = line_finding(input, "true-sharing", evidence);
    finding.message =
        fmt::format("{} threads use the same bytes of {}, and some write: {}",
                    evidence.threads.size(), list_fields(evidence), cost_phrase(evidence, finding));
    add_advice(input, evidence, finding);
    findings.push_back(std::move(finding));
  }
}

const Registration<JoinRule> kTrueSharing{{"true-sharing", run}};

}  // namespace
}  // namespace quarrel
