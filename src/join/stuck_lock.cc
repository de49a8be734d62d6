// Did anybody get the lock at all while the recording went on?
#include "join/stuck_lock.h"

#include <algorithm>

#include "join/run_rate.h"

namespace quarrel {
namespace {

/// What attaching takes, and threads that came to the lock a little later.
constexpr double kWhole = 0.95;

/// A chain ends with a thread that waits for no lock, unless a lock comes again. If that is so for
/// most of the time at each lock, none of its threads can go on.
bool comes_back(const std::vector<ChainLink>& chain) {
  return !chain.empty() && std::ranges::all_of(chain, [](const ChainLink& link) {
    return link.state == "waiting" && link.share >= kWhole;
  });
}

Advice advise_order() {
  return {.remedy = "order",
          .summary =
              "take the locks of the chain in the same order everywhere, or all of them at "
              "once (std::scoped_lock)"};
}

Advice advise_question() {
  return {.remedy = "ask",
          .summary =
              "does the holder stop these threads on purpose, because there is nothing for "
              "them to do? Then leave it: a gate is no contention. If not, it forgot to let "
              "go, or waits for something that only they can do"};
}

}  // namespace

bool is_stuck(const LockEvidence& evidence, uint64_t duration_ns) {
  const Waits& waits = evidence.waits;
  return waits.count > 0 && evidence.histogram.is_empty() &&
         static_cast<double>(waits.total_ns) >=
             kWhole * static_cast<double>(waits.count) * static_cast<double>(duration_ns);
}

void judge_stuck_lock(const LockEvidence& evidence, Finding& finding) {
  if (comes_back(finding.chain)) {
    finding.verdict = Verdict::kFix;
    finding.reason =
        "a deadlock: no wait for it ended, and the chain of who waits for whom comes back";
    finding.advice.push_back(advise_order());
  } else {
    finding.verdict = Verdict::kMeasureFirst;
    finding.reason = evidence.all_held_ns().total() > 0
                         ? "nobody got it during the whole recording: its holder never let go"
                         : "nobody got it during the whole recording, and who has it is not known";
    finding.advice.push_back(advise_question());
  }
  finding.level = level_of(finding.verdict);
}

}  // namespace quarrel
