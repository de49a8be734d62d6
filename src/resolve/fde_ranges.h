// Where does each function of a file begin and end, according to its unwind tables?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolve/eh_frame.h"

namespace quarrel {

/// The ranges of all FDEs in the bytes of an .eh_frame section that is loaded at `address`, sorted
/// by start. The symbol table is no substitute: a stripped libc names none of its internal
/// functions.
std::vector<CodeRange> parse_fde_ranges(std::span<const uint8_t> eh_frame, uint64_t address);

/// The address of .eh_frame that the bytes of an .eh_frame_hdr at `address` name (LSB 10.6.2).
std::optional<uint64_t> parse_eh_frame_address(std::span<const uint8_t> eh_frame_hdr,
                                               uint64_t address);

/// The range that holds `address`; of overlapping ones the last to begin.
std::optional<CodeRange> range_at(const std::vector<CodeRange>& sorted, uint64_t address);

}  // namespace quarrel
