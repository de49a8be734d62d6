// Where in its record does a DWARF member lie, down to the bit?
#include "resolve/dwarf_members.h"

namespace quarrel {
namespace {

// DWARF 2 and GCC's -gstrict-dwarf write the offset as the expression "plus_uconst N".
std::optional<uint64_t> offset_in_expression(Dwarf_Attribute& location) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation(&location, &operations, &count) != 0 || count != 1) return std::nullopt;
  if (operations[0].atom != DW_OP_plus_uconst) return std::nullopt;
  return operations[0].number;
}

// Bytes; members of unions have no such attribute.
std::optional<uint64_t> byte_offset(Dwarf_Die& member) {
  auto location = attribute_of(member, DW_AT_data_member_location);
  if (!location) return 0;
  Dwarf_Word value = 0;
  if (dwarf_formudata(&*location, &value) == 0) return value;
  return offset_in_expression(*location);
}

// DW_AT_bit_offset of DWARF 2 to 4 counts from the most significant bit of the storage unit, which
// stands highest in memory on little-endian machines (DWARF 3, section 5.6.6).
std::optional<uint64_t> old_bit_field_offset(Dwarf_Die& member, uint64_t unit, uint64_t bit_size) {
  auto from_top = unsigned_attribute(member, DW_AT_bit_offset);
  auto bytes = unsigned_attribute(member, DW_AT_byte_size);
  if (!bytes) {
    auto type = referenced(member, DW_AT_type);
    Dwarf_Word size = 0;
    if (type && dwarf_aggregate_size(&*type, &size) == 0) bytes = size;
  }
  if (!from_top || !bytes || *bytes > 16 || *from_top + bit_size > *bytes * 8) return unit * 8;
  return unit * 8 + *bytes * 8 - *from_top - bit_size;
}

}  // namespace

std::optional<MemberPlace> place_of(Dwarf_Die& member) {
  MemberPlace place;
  place.bit_size = unsigned_attribute(member, DW_AT_bit_size).value_or(0);
  if (place.bit_size > 128) return std::nullopt;
  std::optional<uint64_t> bits = unsigned_attribute(member, DW_AT_data_bit_offset);
  if (!bits) {
    auto bytes = byte_offset(member);
    if (!bytes || *bytes > kMaxObjectBytes) return std::nullopt;
    bits = place.bit_size == 0 ? *bytes * 8 : old_bit_field_offset(member, *bytes, place.bit_size);
  }
  if (!bits || *bits > kMaxObjectBytes * 8) return std::nullopt;
  place.offset_bits = *bits;
  return place;
}

bool is_in_object(Dwarf_Die& member) {
  return !has_flag(member, DW_AT_external) && !has_flag(member, DW_AT_declaration);
}

}  // namespace quarrel
