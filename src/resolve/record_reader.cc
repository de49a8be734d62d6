// How do the members of a DWARF record lie?
#include "resolve/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "resolve/dwarf_tree.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

constexpr int kMaxDepth = 32;         // of unnamed structs and unions in one another
constexpr size_t kMaxFields = 65536;  // hostile nesting multiplies

uint64_t record_size(Dwarf_Die& record) {
  const uint64_t size = unsigned_attribute(record, DW_AT_byte_size).value_or(0);
  return size <= kMaxObjectBytes ? size : 0;
}

bool is_lambda_name(const std::string& name) {
  const std::string_view last = last_component(name);
  return last == "(lambda)" || last.starts_with("{closure");
}

/// "ns::Queue<int>" -> "ns::Queue<>", which all instantiations share.
std::string pattern_name(const std::string& name) {
  const std::string_view last = last_component(name);
  const size_t open = last.find('<');
  if (open == std::string_view::npos || open == 0 || !last.ends_with('>')) return {};
  return name.substr(0, name.size() - last.size() + open) + "<>";
}

std::vector<std::string> template_arguments(TypeTable& types, Dwarf_Die& record) {
  std::vector<std::string> arguments;
  for_each_child(record, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_template_type_parameter) arguments.push_back(types.type_name(child));
    if (tag == DW_TAG_template_value_parameter) {
      auto value = unsigned_attribute(child, DW_AT_const_value);
      arguments.push_back(value ? std::to_string(*value) : "?");
    }
    return arguments.size() < kMaxFields;
  });
  return arguments;
}

/// Members of an unnamed struct or union without a declarator are members of the record around it.
bool is_anonymous(Dwarf_Die& member, ObjectType& type) {
  return name_of(member).empty() && type.element && type.array_length == 0 &&
         type.element->is_record() && name_of(type.element->die).empty();
}

}  // namespace

SymbolId RecordReader::symbol_of(Dwarf_Die& record) {
  auto [place, is_new] = by_entry_.try_emplace(record.addr);
  if (!is_new) return place->second;
  PlainType type{record, {}};
  const std::string name = types_.record_name(type);
  if (name.empty() || has_flag(record, DW_AT_declaration)) return {};
  const SourcePos at = tables_.position_of(record);
  const std::string identity =
      fmt::format("{}|{}|{}|{}", name, record_size(record), at.file.value, at.line);
  auto [known, is_first] = by_identity_.try_emplace(identity);
  if (is_first) {
    const uint32_t count = ++name_counts_[name];
    known->second = tables_.symbol(count == 1 ? name : fmt::format("{}#{}", name, count));
  }
  return place->second = known->second;
}

bool RecordReader::is_of_library(const std::string& name, FileId file) const {
  if (is_library_type_name(name)) return true;
  return file.is_valid() ? tables_.is_library_file(file) : is_undeclared_library_type_name(name);
}

void RecordReader::add(Dwarf_Die record) {
  const SymbolId symbol = symbol_of(record);
  if (!symbol.is_valid() || !read_.insert(symbol).second) return;
  PlainType type{record, {}};
  const std::string name = types_.record_name(type);
  const std::string pattern = pattern_name(name);
  const SourcePos position = tables_.position_of(record);
  record_ = {.symbol = symbol,
             .name = name,
             .pattern = pattern.empty() ? SymbolId{} : tables_.symbol(pattern),
             .size_bytes = record_size(record),
             .align_bytes = objects_.alignment_of_type(record),
             .is_union = type.tag() == DW_TAG_union_type,
             .is_lambda = is_lambda_name(name),
             .has_layout = true,
             .is_in_system_header = is_of_library(name, position.file),
             .template_arguments = template_arguments(types_, record),
             .position = position,
             .end = position};
  unsized_.clear();
  visited_ = 0;
  add_children(record, 0, 0);
  finish_fields();
  records_.push_back(std::move(record_));
}

void RecordReader::add_children(Dwarf_Die& parent, uint64_t start_bits, int depth) {
  if (depth > kMaxDepth) return;
  for_each_child(parent, [&](Dwarf_Die& child) {
    switch (dwarf_tag(&child)) {
      case DW_TAG_inheritance:
        if (depth == 0) add_base(child);
        break;
      case DW_TAG_member:
        if (is_in_object(child)) add_member(child, start_bits, depth);
        break;
      case DW_TAG_variant_part:  // Rust's enums: variants lie over one another
      case DW_TAG_variant:
        add_children(child, start_bits, depth + 1);
        break;
      default:
        break;
    }
    return ++visited_ < kMaxFields;
  });
}

void RecordReader::add_base(Dwarf_Die& base) {
  auto type = types_.type_of(base);
  if (!type || !type->is_record() || record_.bases.size() >= kMaxFields) return;
  const uint64_t virtuality = unsigned_attribute(base, DW_AT_virtuality).value_or(0);
  const auto place = place_of(base);
  const bool is_virtual = virtuality != DW_VIRTUALITY_none || !place;
  record_.bases.push_back({.record = symbol_of(type->die),
                           .offset_bits = is_virtual ? 0 : place->offset_bits,
                           .is_virtual = is_virtual});
}

void RecordReader::add_member(Dwarf_Die& member, uint64_t start_bits, int depth) {
  auto place = place_of(member);
  if (!place) return;
  place->offset_bits += start_bits;
  ObjectType type = objects_.of(member);
  if (is_anonymous(member, type))
    return add_children(type.element->die, place->offset_bits, depth + 1);
  add_field(member, *place, type);
}

void RecordReader::add_field(Dwarf_Die& member, const MemberPlace& place, const ObjectType& type) {
  const std::string name = name_of(member);
  const bool is_unsized = type.size_bytes == 0 && type.element &&
                          has_flag(const_cast<Dwarf_Die&>(type.element->die), DW_AT_declaration);
  SourceField field{
      .symbol = tables_.symbol(fmt::format("{}::{}", record_.symbol.is_valid() ? record_.name : "",
                                           name.empty() ? "?" : name)),
      .name = name,
      .type = types_.type_name(member),
      .offset_bits = place.offset_bits,
      .size_bits = place.bit_size != 0 ? place.bit_size : type.size_bytes * 8,
      .array_length = type.array_length,
      .is_bit_field = place.bit_size != 0,
      .is_atomic = type.is_atomic,
      .is_volatile = type.is_volatile,
      .is_const = type.is_const,
      .lock = type.lock,
      .alignas_bytes = ObjectTypes::asked_alignment(member),
      .position = tables_.position_of(member),
  };
  if (type.element) {
    PlainType element = *type.element;
    if (element.is_record()) field.type_record = symbol_of(element.die);
  }
  if (is_unsized) unsized_.insert(record_.fields.size());
  record_.fields.push_back(std::move(field));
}

// Clang leaves classes of the library declared only; such a member is taken to reach up to the
// next.
void RecordReader::finish_fields() {
  std::vector<uint64_t> starts;
  for (const SourceField& field : record_.fields) starts.push_back(field.offset_bits);
  starts.push_back(record_.size_bytes * 8);
  std::sort(starts.begin(), starts.end());
  for (size_t index : unsized_) {
    SourceField& field = record_.fields[index];
    const auto next = std::upper_bound(starts.begin(), starts.end(), field.offset_bits);
    if (next != starts.end()) field.size_bits = *next - field.offset_bits;
  }
  std::stable_sort(
      record_.fields.begin(), record_.fields.end(), [](const SourceField& a, const SourceField& b) {
        return std::tie(a.offset_bits, a.position) < std::tie(b.offset_bits, b.position);
      });
}

}  // namespace quarrel
