// Where does each function of a file begin and end, according to its unwind tables?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace quarrel {

/// Virtual addresses [start, end) of one piece of code.
struct CodeRange {
  uint64_t start = 0;
  uint64_t end = 0;

  auto operator<=>(const CodeRange&) const = default;
};

/// The ranges of all FDEs in the bytes of an .eh_frame section that is loaded at `address`, sorted
/// by start. The symbol table is no substitute: a stripped libc names none of its internal
/// functions. Entries that are damaged are skipped; a damaged length ends the walk.
/// Source of the format: Linux Standard Base 5.0, Core, 10.6.1 "The .eh_frame section".
std::vector<CodeRange> parse_fde_ranges(std::span<const uint8_t> eh_frame, uint64_t address);

/// The address of .eh_frame that the bytes of an .eh_frame_hdr at `address` name (LSB 10.6.2).
std::optional<uint64_t> parse_eh_frame_address(std::span<const uint8_t> eh_frame_hdr,
                                               uint64_t address);

/// The range that holds `address`; of overlapping ones the last to begin.
std::optional<CodeRange> range_at(const std::vector<CodeRange>& sorted, uint64_t address);

}  // namespace quarrel
