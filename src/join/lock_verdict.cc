// Is a contended lock worth a change, and which of the four conditions for an atomic hold?
#include "join/lock_verdict.h"

#include <fmt/format.h>

#include "join/run_rate.h"

namespace quarrel {
namespace {

/// Fewer waits than this are an incident (start-up, one long section), not a pattern.
constexpr uint64_t kManyWaits = 20;

std::string why_not_one_word(const std::optional<GuardedState>& state) {
  if (!state) return "what the lock guards is unknown (give the facts of a scan with --facts)";
  if (state->fields.empty())
    return "the scan saw no shared field under the lock, so what it guards is unknown";
  if (state->calls_functions && state->fields.size() == 1)
    return "its critical sections call functions that may touch more than one word";
  if (state->fields.size() == 1)
    return fmt::format("{} is larger than one machine word", state->fields.front());
  return fmt::format("who holds it touches {} fields ({}), not one word", state->fields.size(),
                     fmt::join(state->fields, ", "));
}

}  // namespace

AtomicTest test_for_atomic(const LockEvidence& evidence, const LockStanding& standing,
                           const std::optional<GuardedState>& state) {
  AtomicTest test;
  test.is_top_wait = standing.rank < kTopLocks || standing.share >= kTopShare;
  test.is_waiting_real =
      standing.cost_ms_per_s >= kNegligibleMsPerS && evidence.waits.count >= kManyWaits;
  test.is_section_short = evidence.waits.p50_ns <= kShortWaitNs;
  if (state) test.is_one_word = state->is_one_word();
  return test;
}

std::string why_no_atomic(const AtomicTest& test, const LockEvidence& evidence,
                          const std::optional<GuardedState>& state) {
  std::vector<std::string> failed;
  if (!test.is_top_wait) failed.push_back("it is not among the top waits");
  if (!test.is_waiting_real)
    failed.push_back(
        fmt::format("the waiting is too little or too rare ({} waits)", evidence.waits.count));
  if (!test.is_section_short)
    failed.push_back(
        fmt::format("its critical section is not short (half of the waits last over "
                    "{:.0f} us)",
                    static_cast<double>(evidence.waits.p50_ns) / 1000));
  if (!test.is_one_word.value_or(false)) failed.push_back(why_not_one_word(state));
  return fmt::format("{}", fmt::join(failed, "; "));
}

void judge_lock(const LockEvidence& evidence, const LockStanding& standing, const AtomicTest& test,
                Finding& finding) {
  const double cost = standing.cost_ms_per_s;
  if (cost < kNegligibleMsPerS) {
    finding.verdict = Verdict::kLeave;
    finding.reason = fmt::format(
        "{:.1f} thread-ms/s is less than one hundredth of one thread: no change pays for itself",
        cost);
  } else if (test.holds()) {
    finding.verdict = Verdict::kFix;
    finding.reason =
        "among the top waits, short section, real waiting, and the guarded state is one word";
  } else if (evidence.holders.total() > 0) {
    finding.verdict = Verdict::kFix;
    const HolderNs held = evidence.all_held_ns();
    finding.reason = fmt::format(
        "{:.0f} % of all lock waiting, and {} is known", standing.share * 100,
        held.unseen > held.total() / 2 ? "who holds it where" : "what the holder does meanwhile");
  } else if (evidence.hottest->kind == WaitKind::kOwnLock) {
    finding.verdict = Verdict::kMeasureFirst;
    finding.reason = "the waiting is real, but who holds such a lock is written down nowhere";
  } else {
    finding.verdict = Verdict::kMeasureFirst;
    finding.reason =
        "the waiting is real, but no sample shows what the holder does meanwhile: record longer";
  }
  finding.level = level_of(finding.verdict);
}

}  // namespace quarrel
