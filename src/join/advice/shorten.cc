// What should a holder stop doing while others wait?
#include <fmt/format.h>

#include "join/advice/advice.h"

namespace quarrel {

Advice advise_shorten(const LockEvidence& evidence) {
  Advice advice;
  advice.remedy = "shorten";
  std::vector<std::string> places;
  for (const FindingLocation& line : evidence.holders.source_lines(3, "holding"))
    places.push_back(line.file.empty()
                         ? line.function
                         : fmt::format("{} ({}:{})", line.function, line.file, line.line));
  advice.summary =
      places.empty()
          ? "do less while holding the lock: prepare before, publish after"
          : fmt::format("do less while holding the lock; while others waited, holders were in {}",
                        fmt::join(places, ", "));
  return advice;
}

}  // namespace quarrel
