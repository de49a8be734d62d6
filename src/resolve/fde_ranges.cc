// Where does each function of a file begin and end, according to its unwind tables?
#include "resolve/fde_ranges.h"

#include <algorithm>

namespace quarrel {

std::vector<CodeRange> parse_fde_ranges(std::span<const uint8_t> eh_frame, uint64_t address) {
  std::vector<CodeRange> ranges;
  visit_functions(eh_frame, address, [&](const CommonEntry&, const FunctionEntry& function) {
    ranges.push_back(function.range);
  });
  std::sort(ranges.begin(), ranges.end());
  return ranges;
}

std::optional<uint64_t> parse_eh_frame_address(std::span<const uint8_t> eh_frame_hdr,
                                               uint64_t address) {
  ByteCursor cursor(eh_frame_hdr);
  const auto version = cursor.read<uint8_t>();
  const auto encoding = cursor.read<uint8_t>();
  cursor.skip(2);  // encodings of the search table, which is not needed here
  if (!cursor.ok() || version != 1) return std::nullopt;
  return read_code_pointer(cursor, encoding, address);
}

std::optional<CodeRange> range_at(const std::vector<CodeRange>& sorted, uint64_t address) {
  auto after = std::upper_bound(sorted.begin(), sorted.end(), CodeRange{address, UINT64_MAX});
  if (after == sorted.begin()) return std::nullopt;
  const CodeRange& range = *std::prev(after);
  if (address >= range.end) return std::nullopt;
  return range;
}

}  // namespace quarrel
