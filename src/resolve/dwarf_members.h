// Where in its record does a DWARF member lie, down to the bit?
#pragma once

#include <cstdint>
#include <optional>

#include "resolve/dwarf_tree.h"

namespace quarrel {

/// No object is larger; what claims to be comes from a damaged file.
inline constexpr uint64_t kMaxObjectBytes = uint64_t{1} << 40;

struct MemberPlace {
  uint64_t offset_bits = 0;
  uint64_t bit_size = 0;  ///< of a bit-field; 0: it is none
};

/// Of a DW_TAG_member or DW_TAG_inheritance. Nothing for virtual bases, whose place is computed at
/// run time, and for places beyond kMaxObjectBytes.
std::optional<MemberPlace> place_of(Dwarf_Die& member);

/// True for members that every object has: not static, nor only declared.
bool is_in_object(Dwarf_Die& member);

}  // namespace quarrel
