// What do the samples, the waits and the source say together?
#include "join/join.h"

#include "join/fold.h"
#include "join/lock_evidence.h"
#include "join/lock_uses.h"
#include "join/memory_traffic.h"
#include "join/merge.h"
#include "join/rank.h"
#include "join/totals.h"

namespace quarrel {
namespace {

std::string stop_reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::kDuration:
      return "the requested duration was over";
    case StopReason::kInterrupted:
      return "interrupted by the user";
    case StopReason::kTargetExited:
      return "the target exited";
    case StopReason::kUnfinished:
      return "the recording was cut off (quarrel did not end normally)";
    case StopReason::kImported:
      return "imported: another tool made the recording";
  }
  return "";
}

DiagnosedRun describe_run(const Recording& recording) {
  const Run& run = recording.run;
  DiagnosedRun described;
  described.tool_version = QUARREL_VERSION;
  described.source = "recording";
  described.command = run.command;
  described.pid = run.pid;
  described.duration_s = static_cast<double>(run.duration_ns) / 1e9;
  described.cpus = run.host.cpus;
  described.line_size = run.host.line_size;
  described.kernel = run.host.kernel;
  described.machine = run.host.machine;
  described.stop_reason = stop_reason_name(run.stop_reason);
  described.threads = recording.threads.size();
  return described;
}

/// Every translation unit that was given, and what became of it.
Coverage account_for_units(const SourceFacts& facts) {
  Coverage account;
  account.collector = "scan";
  account.unit = "translation units";
  account.state = CollectorState::kOn;
  account.seen = facts.units.size();
  std::vector<Loss> losses = {{"could not be parsed", 0},
                              {"crashed the worker", 0},
                              {"ran out of memory", 0},
                              {"timed out", 0}};
  for (const TranslationUnit& unit : facts.units) {
    switch (unit.state) {
      case UnitState::kComplete:
        ++account.attributed;
        break;
      // Facts of a unit with errors are kept, but they may be incomplete.
      case UnitState::kWithErrors:
        ++account.unresolved;
        break;
      case UnitState::kFailed:
        ++losses[0].count;
        break;
      case UnitState::kCrashed:
        ++losses[1].count;
        break;
      case UnitState::kOutOfMemory:
        ++losses[2].count;
        break;
      case UnitState::kTimedOut:
        ++losses[3].count;
        break;
    }
  }
  std::erase_if(losses, [](const Loss& loss) { return loss.count == 0; });
  account.lost = std::move(losses);
  if (account.attributed == account.seen) return account;
  account.state = CollectorState::kDegraded;
  account.reason =
      "not every translation unit is complete; build the project first, so that "
      "generated headers exist";
  return account;
}

/// A recording is untrusted, so an account in it may be false. It is shown, but not believed.
void flag_broken_accounts(std::vector<Coverage>& coverage) {
  for (Coverage& account : coverage) {
    if (coverage_holds(account)) continue;
    account.state = CollectorState::kDegraded;
    account.reason = "this account does not add up: seen is not attributed + unresolved + lost";
  }
}

}  // namespace

Diagnosis join(const JoinInput& input) {
  std::vector<Finding> measured;
  const std::vector<LockEvidence> locks = contended_locks(input.profile);
  for (const JoinRule& rule : JoinRuleRegistry::all()) rule.run({input, locks}, measured);
  measured = fold_lock_lines(input.profile, locks, std::move(measured));

  Diagnosis diagnosis;
  diagnosis.run = describe_run(input.profile.recording);
  diagnosis.findings = merge_findings(input.static_findings, std::move(measured));
  rank_findings(diagnosis.findings);
  diagnosis.totals = total_up(input.profile, locks, diagnosis.findings);
  diagnosis.lock_uses = lock_uses(input.profile);
  diagnosis.memory = memory_traffic(input.profile);
  diagnosis.coverage = input.profile.coverage;
  diagnosis.coverage.push_back(account_for_waits(input.profile));
  if (input.facts != nullptr) diagnosis.coverage.push_back(account_for_units(*input.facts));
  flag_broken_accounts(diagnosis.coverage);
  return diagnosis;
}

Diagnosis join_static(const SourceFacts& facts, std::vector<Finding> findings) {
  Diagnosis diagnosis;
  diagnosis.run.tool_version = QUARREL_VERSION;
  diagnosis.run.source = "scan";
  diagnosis.findings = std::move(findings);
  rank_findings(diagnosis.findings);
  diagnosis.coverage.push_back(account_for_units(facts));
  flag_broken_accounts(diagnosis.coverage);
  return diagnosis;
}

}  // namespace quarrel
