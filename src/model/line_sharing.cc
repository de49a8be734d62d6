// Can two byte ranges of one object lie on the same cache line?
#include "model/line_sharing.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr uint64_t kHeapAlignment = 16;

}  // namespace

LineSharing share_line(ByteRange one, ByteRange other, uint64_t alignment, uint64_t line_bytes) {
  const uint64_t step = std::clamp(alignment, kHeapAlignment, line_bytes);
  bool is_ever = false;
  bool is_always = true;
  for (uint64_t base = 0; base < line_bytes; base += step) {
    auto first = [&](ByteRange range) { return (base + range.begin) / line_bytes; };
    auto last = [&](ByteRange range) {
      return (base + range.begin + std::max<uint64_t>(range.size, 1) - 1) / line_bytes;
    };
    const bool shares = first(one) <= last(other) && first(other) <= last(one);
    is_ever = is_ever || shares;
    is_always = is_always && shares;
  }
  if (!is_ever) return LineSharing::kNever;
  return is_always ? LineSharing::kAlways : LineSharing::kSomeBase;
}

}  // namespace quarrel
