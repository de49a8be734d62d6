// Does the sharing of a line cost anything, and what would it take to tell?
#include "join/line_harm.h"

#include <fmt/format.h>

#include <algorithm>

namespace quarrel {
namespace {

/// The others do not slow it down noticeably: upper end of the odds interval below this.
constexpr double kHarmlessOdds = 1.5;
/// The odds compare the time at the line with the thread's other time. Some samples of a stalled
/// access stand further on and count as other time; where a thread spends more than this at the
/// line, they are most of it, grow with the stall, and odds near 1 mean nothing.
constexpr double kMaxShareToClear = 0.3;
/// Of the samples at a line, those beside another of its threads, if its threads only take turns.
constexpr double kMaxCoActiveApart = 0.05;
constexpr uint64_t kMinSamplesApart = 30;

/// Steps that take less than this times as long beside others are not held up: windows of one
/// thread alone differ as much.
constexpr double kHarmfulSteps = 1.1;

constexpr std::string_view kProbe = "`quarrel record --probe-affinity` would tell";

std::string odds_text(const PeerContrast& contrast) {
  return fmt::format(
      "the odds to catch a thread at this line are {:.1f} times as high (95 %: {:.1f} to {:.1f}) "
      "while another of its threads runs",
      contrast.odds, contrast.low, contrast.high);
}

/// Threads that use the line at different times. Without a tick of any of them beside another it is
/// not known who ran when (recordings of other tools).
bool are_apart(const LineProfile& line) {
  return line.samples >= kMinSamplesApart &&
         static_cast<double>(line.co_active_samples) <=
             kMaxCoActiveApart * static_cast<double>(line.samples);
}

double share_without_peers(const PeerContrast& contrast) {
  return static_cast<double>(contrast.off_hits) / static_cast<double>(contrast.off_total);
}

LineHarm judge_known(const PeerContrast& contrast) {
  const std::string odds = odds_text(contrast);
  if (shows_harm(contrast)) return {HarmState::kHarmful, odds};
  if (share_without_peers(contrast) > kMaxShareToClear)
    return {HarmState::kSaturated,
            fmt::format("{}; but without the others the thread spends {:.0f} % of its time there "
                        "too, so this share cannot tell what the others cost; {}",
                        odds, 100 * share_without_peers(contrast), kProbe)};
  if (contrast.high < kHarmlessOdds)
    return {HarmState::kHarmless, odds + ": the sharing costs next to nothing"};
  return {HarmState::kUnsure, odds + ": not enough to be sure of the harm"};
}

}  // namespace

LineHarm judge_harm(const LineProfile& line, const PeerContrast& contrast) {
  if (are_apart(line))
    return {HarmState::kApart,
            fmt::format("its threads use it at different times ({} of {} samples beside another "
                        "one): nobody waits for it in this run. If they ever run side by side, {}",
                        line.co_active_samples, line.samples, kProbe)};
  if (contrast.is_known) return judge_known(contrast);
  if (contrast.on_total >= kMinContrastSamples)
    return {HarmState::kAlways,
            fmt::format("whether its threads slow each other down is unknown: they run side by "
                        "side all the time ({} of {} samples), so there is nothing to compare "
                        "with; {}",
                        contrast.on_total, contrast.on_total + contrast.off_total, kProbe)};
  return {HarmState::kTooFew,
          "the threads do touch the line, but too few samples show whether they slow each other "
          "down: record longer or under more load"};
}

LineHarm judge_steps(const StepCost& steps, LineHarm by_samples) {
  const std::string measured = fmt::format(
      "a step of thread {} (it counts the number at byte {} of the line) takes {:.2f} ns of CPU "
      "time while the others run beside it, and {:.2f} ns while all share one CPU: {:.2f} times as "
      "long ({:.2f} to {:.2f} in {} windows)",
      steps.tid, steps.offset, steps.ns_beside, steps.ns_together,
      steps.ns_beside / steps.ns_together, steps.low, steps.high, steps.windows);
  if (by_samples.state == HarmState::kHarmful)
    return {HarmState::kHarmful, measured + "; " + by_samples.reason};
  if (steps.low > kHarmfulSteps) return {HarmState::kHarmful, measured};
  if (steps.high < kHarmfulSteps)
    return {HarmState::kHarmless, measured + ": the sharing costs next to nothing"};
  return {by_samples.state, measured + ": not enough to be sure of the harm"};
}

LineSide side_of(const LineProfile& line, const Recording& recording, ThreadId thread) {
  bool writes = false;
  bool loads = false;
  bool others_write = false;
  for (const LineAccess& access : line.accesses) {
    const bool is_write = access.kind != AccessKind::kRead;
    if (access.thread != thread) {
      others_write |= is_write;
      continue;
    }
    writes |= is_write;
    loads |= access.kind != AccessKind::kWrite;
  }
  const bool waits = (loads && (writes || others_write)) ||
                     (writes && shows_harm(peer_contrast_of(line, recording, thread)));
  if (writes) return waits ? LineSide::kBoth : LineSide::kAggressor;
  return waits ? LineSide::kVictim : LineSide::kNone;
}

}  // namespace quarrel
