// What helps when threads fight over the count of owners of a shared object?
#include <fmt/format.h>

#include "join/advice/advice.h"

namespace quarrel {
namespace {

/// What std::make_shared puts before the object: virtual table and counts.
constexpr uint64_t kCountsBytes = 16;

}  // namespace

Advice advise_fewer_copies(const std::string& count) {
  Advice advice;
  advice.remedy = "snapshot";
  advice.summary = fmt::format(
      "copy the pointer less often, since each copy and each end of one writes {}: pass it by "
      "reference, or let each thread keep a copy of its own and renew it only when a new version "
      "is published",
      count);
  return advice;
}

Advice refuse_shard_of_count(const std::string& count) {
  Advice advice;
  advice.remedy = "shard";
  advice.summary = "slots for each thread do not fit here";
  advice.refused_because =
      fmt::format("{} must be exact at any moment: the object dies when it becomes 0", count);
  return advice;
}

Advice advise_pad_behind_count(const std::string& fields, uint64_t bytes, uint32_t line_size) {
  const uint64_t lines = (bytes + line_size - 1) / line_size;
  Advice advice;
  advice.remedy = "pad";
  advice.memory_bytes = line_size - kCountsBytes + lines * line_size - bytes;
  advice.summary = fmt::format(
      "begin {} on a cache line of its own, with alignas({}): std::make_shared puts the counts "
      "right before the object",
      fields, line_size);
  return advice;
}

}  // namespace quarrel
