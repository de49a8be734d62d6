// What helps when several threads really want the same bytes?
#include <fmt/format.h>

#include "join/advice/advice.h"

namespace quarrel {

Advice advise_shard(const std::string& subject, bool is_counter, size_t threads,
                    uint32_t line_size) {
  Advice advice;
  advice.memory_bytes = uint64_t{line_size} * threads;
  if (is_counter) {
    advice.remedy = "shard";
    advice.summary = fmt::format(
        "keep one slot of {} per thread, each on its own cache line, and sum the slots when the "
        "value is read; or count locally and add once per batch",
        subject);
    return advice;
  }
  advice.remedy = "split";
  advice.summary = fmt::format(
      "let fewer threads touch {}: write it less often (batch, or only when the value changes), or "
      "give readers a copy of their own that is refreshed rarely",
      subject);
  return advice;
}

Advice refuse_pad(const std::string& subject) {
  Advice advice;
  advice.remedy = "pad";
  advice.summary = "padding does not help here";
  advice.refused_because = fmt::format(
      "the threads touch the same bytes of {}: padding moves the line, not the fight", subject);
  return advice;
}

}  // namespace quarrel
