// Can two byte ranges of one object lie on the same cache line?
#include "model/line_sharing.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr uint64_t kHeapAlignment = 16;

}  // namespace

double sharing_odds(ByteRange one, ByteRange other, uint64_t alignment, uint64_t line_bytes) {
  const uint64_t step = std::clamp(alignment, kHeapAlignment, line_bytes);
  double shared = 0;
  double bases = 0;
  for (uint64_t base = 0; base < line_bytes; base += step) {
    auto first = [&](ByteRange range) { return (base + range.begin) / line_bytes; };
    auto last = [&](ByteRange range) {
      return (base + range.begin + std::max<uint64_t>(range.size, 1) - 1) / line_bytes;
    };
    if (first(one) <= last(other) && first(other) <= last(one)) ++shared;
    ++bases;
  }
  return shared / bases;
}

LineSharing share_line(ByteRange one, ByteRange other, uint64_t alignment, uint64_t line_bytes) {
  const double odds = sharing_odds(one, other, alignment, line_bytes);
  if (odds == 0) return LineSharing::kNever;
  return odds == 1 ? LineSharing::kAlways : LineSharing::kSomeBase;
}

bool likely_share_line(ByteRange one, ByteRange other, uint64_t alignment) {
  return sharing_odds(one, other, alignment) >= 0.5;
}

}  // namespace quarrel
