// To which multiple must the address of a DWARF object be aligned?
#include <algorithm>
#include <bit>

#include "resolve/dwarf_members.h"
#include "resolve/dwarf_tree.h"
#include "resolve/object_types.h"

namespace quarrel {
namespace {

constexpr int kMaxDepth = 64;
constexpr uint64_t kMaxAlignment = 1 << 20;
constexpr uint64_t kPointerBytes = 8;
constexpr uint64_t kMaxScalarAlignment = 16;  // System V ABI, x86-64: long double and __int128

uint64_t size_attribute(Dwarf_Die& type) {
  return unsigned_attribute(type, DW_AT_byte_size).value_or(0);
}

uint64_t scalar_alignment(uint64_t size) {
  return std::clamp<uint64_t>(std::bit_floor(size), 1, kMaxScalarAlignment);
}

uint64_t base_alignment(Dwarf_Die& type) {
  const uint64_t encoding = unsigned_attribute(type, DW_AT_encoding).value_or(0);
  const bool is_complex = encoding == DW_ATE_complex_float;
  return scalar_alignment(is_complex ? size_attribute(type) / 2 : size_attribute(type));
}

/// The size of an object is a multiple of its alignment.
uint64_t dividing(uint64_t alignment, uint64_t size) {
  return size == 0 ? alignment : std::min(alignment, size & (~size + 1));
}

}  // namespace

uint64_t ObjectTypes::asked_alignment(Dwarf_Die& entry) {
  const uint64_t asked = unsigned_attribute(entry, DW_AT_alignment).value_or(0);
  return std::has_single_bit(asked) && asked <= kMaxAlignment ? asked : 0;
}

uint64_t ObjectTypes::alignment_of(Dwarf_Die& entry) {
  return member_alignment(entry, 0);
}

uint64_t ObjectTypes::member_alignment(Dwarf_Die& member, int depth) {
  if (const uint64_t asked = asked_alignment(member)) return asked;
  auto type = referenced(member, DW_AT_type);
  return type ? type_alignment(*type, depth) : 1;
}

uint64_t ObjectTypes::type_alignment(Dwarf_Die type, int depth) {
  if (depth > kMaxDepth) return 1;
  if (const uint64_t asked = asked_alignment(type)) return asked;
  switch (dwarf_tag(&type)) {
    case DW_TAG_base_type:
      return base_alignment(type);
    case DW_TAG_enumeration_type:
      return scalar_alignment(size_attribute(type));
    case DW_TAG_pointer_type:
    case DW_TAG_reference_type:
    case DW_TAG_rvalue_reference_type:
    case DW_TAG_ptr_to_member_type:
    case DW_TAG_unspecified_type:
      return kPointerBytes;
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type: {
      Dwarf_Die record = types_.definition_of(type);
      return record_alignment(record, depth);
    }
    default:  // typedefs, qualifiers, arrays
      return member_alignment(type, depth + 1);
  }
}

uint64_t ObjectTypes::record_alignment(Dwarf_Die& record, int depth) {
  if (const uint64_t asked = asked_alignment(record)) return asked;
  auto [place, is_new] = alignments_.try_emplace(record.addr, 1);
  if (!is_new) return place->second;
  uint64_t alignment = 1;
  bool is_packed = false;
  for_each_child(record, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || !is_in_object(child)) return true;
    const uint64_t needed = member_alignment(child, depth + 1);
    alignment = std::max(alignment, needed);
    auto at = place_of(child);
    if (at && at->bit_size == 0 && at->offset_bits % (needed * 8) != 0) is_packed = true;
    return true;
  });
  if (is_packed) alignment = 1;
  alignment = dividing(alignment, size_attribute(record));
  alignments_[record.addr] = alignment;
  return alignment;
}

}  // namespace quarrel
