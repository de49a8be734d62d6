// Which records do the members of a variable point at: of a smart pointer, of a lambda's captures?
#include "resolve/pointed_records.h"

#include <string_view>

#include "resolve/call_frames.h"
#include "resolve/dwarf_members.h"
#include "resolve/dwarf_tree.h"

namespace quarrel {
namespace {

// std::shared_ptr holds its pointer in its base class; Rust's Arc nests it four levels deep.
constexpr int kMaxNesting = 8;
constexpr int kMaxMembers = 64;
// Larger records are tables, not handles.
constexpr uint64_t kMaxRecordBytes = 256;

/// What libstdc++ 12 keeps in a node before the element (bits/stl_tree.h, bits/stl_list.h); 0: not
/// an iterator of such a container.
uint64_t node_header_bytes(std::string_view iterator) {
  if (iterator.starts_with("std::_Rb_tree_iterator<") ||
      iterator.starts_with("std::_Rb_tree_const_iterator<"))
    return 32;
  if (iterator.starts_with("std::_List_iterator<") ||
      iterator.starts_with("std::_List_const_iterator<"))
    return 16;
  return 0;
}

}  // namespace

void PointedRecords::follow_value(uint64_t value, PlainType type) {
  value_ = value;
  visit(0, std::move(type), 0);
  value_.reset();
}

std::optional<uint64_t> PointedRecords::read(uint64_t address) const {
  if (value_) return address == 0 ? value_ : std::nullopt;
  return read_captured(capture_, address, sizeof(uint64_t));
}

void PointedRecords::visit(uint64_t start, PlainType type, int level) {
  if (level > kMaxNesting || types_.size_of(type) > kMaxRecordBytes) return;
  if (!value_ && !read(start)) return;
  visit_node(start, type);
  for_each_child(type.die, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) || !is_in_object(child)) return true;
    const auto place = place_of(child);
    auto member = types_.type_of(child);
    if (!place || !member || ++members_ > kMaxMembers) return members_ <= kMaxMembers;
    visit_member(start + place->offset_bits / 8, *member, level);
    return true;
  });
}

/// The iterators of some containers only know where a node begins.
void PointedRecords::visit_node(uint64_t start, PlainType& type) {
  const uint64_t header = node_header_bytes(types_.record_name(type));
  if (header == 0) return;
  const auto node = read(start);
  auto argument = template_argument(type.die);
  auto element = node && argument ? types_.type_of(*argument) : std::nullopt;
  if (element && element->is_record())
    found_.push_back({*node + header, types_.size_of(*element), *element, *argument});
}

void PointedRecords::visit_member(uint64_t address, PlainType type, int level) {
  if (type.is_record()) return visit(address, type, level + 1);
  if (!type.is_pointer()) return;
  if (const auto target = read(address)) visit_pointer(*target, type.die, level);
}

void PointedRecords::visit_pointer(uint64_t target, Dwarf_Die pointer, int level) {
  auto pointee = types_.type_of(pointer);
  if (!pointee || !pointee->is_record()) return;
  found_.push_back({target, types_.size_of(*pointee), *pointee, pointer});
  if (!value_ && read(target)) visit(target, *pointee, level + 1);
}

}  // namespace quarrel
