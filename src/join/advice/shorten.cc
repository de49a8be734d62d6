// What should a holder stop doing while others wait?
#include <fmt/format.h>

#include "join/advice/advice.h"
#include "join/convoy.h"

namespace quarrel {
namespace {

/// One cause that explains more than half of the waiting decides what to do first.
constexpr double kMain = 0.5;

std::string what_to_do(const LockEvidence& evidence) {
  const HolderNs held = evidence.all_held_ns();
  const auto is_main = [&](uint64_t ns) {
    return static_cast<double>(ns) > kMain * static_cast<double>(evidence.waits.total_ns);
  };
  if (is_main(held.asleep))
    return "do not wait for the kernel (disk, network, timers) while holding the lock: do it "
           "before or after";
  if (is_main(held.waiting))
    return "its holders wait for another lock most of that time: shorten what they hold there "
           "first, or take that lock before this one is held";
  if (is_main(held.preempted))
    return "its holders were preempted most of that time: run fewer threads than CPUs, or keep "
           "the section so short that it is rarely cut; more work outside of it helps little";
  if (find_convoy(evidence))
    return "a convoy: take it less often (batch the work, keep a part for each thread), or spin "
           "briefly before sleeping; a shorter section does not dissolve the queue";
  if (is_main(evidence.handoff_ns))
    return "most of the waiting is handing the lock over, not holding it: take it less often "
           "(batch the work), or split it";
  return "do less while holding the lock: prepare before, publish after";
}

}  // namespace

Advice advise_shorten(const LockEvidence& evidence) {
  Advice advice;
  advice.remedy = "shorten";
  advice.summary = what_to_do(evidence);
  std::vector<std::string> places;
  for (const FindingLocation& line : evidence.holders.source_lines(3, "holding"))
    places.push_back(line.file.empty()
                         ? line.function
                         : fmt::format("{} ({}:{})", line.function, line.file, line.line));
  if (!places.empty())
    advice.summary +=
        fmt::format("; while others waited, holders were in {}", fmt::join(places, ", "));
  return advice;
}

}  // namespace quarrel
