// For which locks do threads burn CPU time while they wait, and who had the lock meanwhile?
#include <fmt/format.h>

#include <algorithm>

#include "join/advice/advice.h"
#include "join/allocation_sites.h"
#include "join/join.h"
#include "join/run_rate.h"
#include "join/spin_evidence.h"

namespace quarrel {
namespace {

constexpr size_t kMaxLines = 5;
constexpr size_t kMaxStacks = 3;
/// Fewer samples than these may be chance; as for shared lines.
constexpr uint64_t kMinSamples = 8;
/// A holder that is off the CPU for this share of the spinning decides what to do.
constexpr double kMain = 0.5;

std::string name_of(const SpinLock& lock) {
  if (!lock.object.display.empty()) return lock.object.display;
  return fmt::format("spin lock at {:#x}", lock.address);
}

double rate_of(const Profile& profile, uint64_t ns) {
  return thread_ms_per_s(static_cast<double>(ns), profile.recording.run.duration_ns);
}

void add_threads(const Profile& profile, const std::map<ThreadId, uint64_t>& times,
                 const char* role, Finding& finding) {
  std::vector<ThreadRole> rows;
  for (const auto& [thread, ns] : times) {
    const ThreadName name = name_thread(profile.recording, thread);
    rows.push_back({name.tid, name.name, role, rate_of(profile, ns), {}});
  }
  std::ranges::stable_sort(rows, std::greater{}, &ThreadRole::thread_ms_per_s);
  finding.threads.insert(finding.threads.end(), rows.begin(), rows.end());
}

void add_code(const SpinEvidence& evidence, Finding& finding) {
  const CodeLocation& declared = evidence.hottest->object.declared;
  if (!declared.file.empty())
    finding.locations.push_back({declared.file, declared.line, declared.column, declared.function,
                                 "declaration", finding.subject.name + " is declared here"});
  for (FindingLocation& line : evidence.waiters.source_lines(kMaxLines, "spinning"))
    finding.locations.push_back(std::move(line));
  for (FindingLocation& line : evidence.holders.source_lines(kMaxLines, "time of likely holders"))
    finding.locations.push_back(std::move(line));
  for (const StackSum* sum : {&evidence.waiters, &evidence.holders})
    for (FindingStack& stack : sum->heaviest(kMaxStacks))
      finding.stacks.push_back(std::move(stack));
}

double unheld_share(const SpinEvidence& evidence) {
  return static_cast<double>(evidence.unheld_ns) /
         static_cast<double>(std::max<uint64_t>(1, evidence.spun_ns));
}

void judge(const SpinEvidence& evidence, Finding& finding) {
  const bool is_negligible = finding.cost.thread_ms_per_s < kNegligibleMsPerS;
  finding.verdict = is_negligible ? Verdict::kLeave : Verdict::kFix;
  finding.level = level_of(finding.verdict);
  finding.reason = fmt::format("{} samples in the loop that polls the lock", evidence.samples);
  if (is_negligible) {
    finding.reason += "; less than one hundredth of one thread: no change pays for itself";
    return;
  }
  finding.reason += fmt::format(
      "; for {:.0f} % of them another thread was on a CPU that may well have had the lock; for the "
      "rest the holder was not on a CPU, or is not known",
      100 * (1 - unheld_share(evidence)));
}

Advice advise(const SpinEvidence& evidence) {
  Advice advice;
  if (unheld_share(evidence) > kMain) {
    advice.remedy = "block";
    advice.summary =
        "threads spin while the holder is off the CPU: use a lock that sleeps (std::mutex), or run "
        "no more threads than CPUs";
    return advice;
  }
  advice.remedy = "shorten";
  advice.summary =
      "do less while holding the lock, or split it; sections of more than about a microsecond "
      "belong under a lock that sleeps (std::mutex)";
  std::vector<std::string> places;
  for (const FindingLocation& line : evidence.holders.source_lines(3, ""))
    places.push_back(line.file.empty()
                         ? line.function
                         : fmt::format("{} ({}:{})", line.function, line.file, line.line));
  if (!places.empty())
    advice.summary +=
        fmt::format("; while others spun, likely holders were in {}", fmt::join(places, ", "));
  return advice;
}

Finding finding_of(const Profile& profile, const SpinEvidence& evidence) {
  Finding finding;
  finding.rule = "spin-contention";
  finding.fingerprint = evidence.fingerprint;
  finding.evidence = Evidence::kHarm;
  const DataObject& object = evidence.hottest->object;
  finding.subject = {SubjectKind::kLock, name_of(*evidence.hottest), object.type, {}, {}};
  finding.subject.address = object.address != 0 ? object.address : evidence.hottest->address;
  finding.cost = {rate_of(profile, evidence.spun_ns), Bound::kUpper};
  finding.message = fmt::format(
      "{} thread{} spin{} for {}{}: up to {:.1f} thread-ms of CPU time burnt per second of run",
      evidence.waited_ns.size(), evidence.waited_ns.size() == 1 ? "" : "s",
      evidence.waited_ns.size() == 1 ? "s" : "", finding.subject.name,
      evidence.objects > 1 ? fmt::format(" ({} objects)", evidence.objects) : "",
      finding.cost.thread_ms_per_s);
  judge(evidence, finding);
  add_threads(profile, evidence.waited_ns, "waiter", finding);
  add_threads(profile, evidence.held_ns, "holder", finding);
  add_code(evidence, finding);
  AllocationSum allocations(profile);
  allocations.add_spins(*evidence.hottest);
  allocations.describe(finding, !object.display.empty());
  finding.advice.push_back(finding.verdict == Verdict::kLeave
                               ? advise_leave("the spinning is negligible")
                               : advise(evidence));
  return finding;
}

void run(const RuleInput& input, std::vector<Finding>& findings) {
  for (const SpinEvidence& evidence : spun_locks(input.profile))
    if (evidence.samples >= kMinSamples && rate_of(input.profile, evidence.spun_ns) >= kFloorMsPerS)
      findings.push_back(finding_of(input.profile, evidence));
}

const Registration<JoinRule> kSpinContention{{"spin-contention", run}};

}  // namespace
}  // namespace quarrel
