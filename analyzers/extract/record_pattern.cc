// How would the members of a class template lie, if nobody instantiates it?
#include "extract/record_pattern.h"

#include <algorithm>

#include "extract/alignment.h"
#include "extract/field_facts.h"
#include "extract/names.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

constexpr uint64_t kWordBytes = 8;
constexpr uint64_t kLineBytes = 64;

uint64_t round_up(uint64_t value, uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/// Puts members one behind the other, those of unions one over the other.
class AssumedLayout {
 public:
  AssumedLayout(UnitFacts& unit, SourceRecord& record) : unit_(unit), record_(record) {}

  void add_members(CXCursor scope, bool is_union) {
    const uint64_t start = end_bits_;
    uint64_t longest = start;
    for (CXCursor child : children_of(scope)) {
      if (is_union) end_bits_ = start;
      add_member(child);
      longest = std::max(longest, end_bits_);
    }
    end_bits_ = longest;
  }

  void add_table_pointer() { end_bits_ += kWordBytes * 8; }

  void finish() {
    record_.align_bytes = std::max(align_bytes_, record_.alignas_bytes);
    record_.size_bytes = round_up(std::max<uint64_t>(end_bits_, 8), record_.align_bytes * 8) / 8;
  }

 private:
  void add_member(CXCursor member) {
    if (is_record(member) && clang_Cursor_isAnonymousRecordDecl(member) != 0)
      return add_members(member, clang_getCursorKind(member) == CXCursor_UnionDecl);
    if (clang_getCursorKind(member) != CXCursor_FieldDecl) return;
    SourceField field = describe_field(unit_, member);
    const CXType type = type_of(member);
    const bool is_known = clang_Type_getSizeOf(type) >= 0;
    if (!is_known) assume(field, type);
    const bool has_natural = is_known || is_padding(type);
    const uint64_t natural = has_natural ? std::max<uint64_t>(1, align_of(type)) : kWordBytes;
    place(field, std::max(natural, field.alignas_bytes));
    record_.fields.push_back(std::move(field));
  }

  void assume(SourceField& field, CXType type) const {
    field.type = without_tags(without_paths(spelling_of(type)));
    field.size_bits = is_padding(type) ? bits_to_next_line() : kWordBytes * 8;
    field.is_atomic |= is_atomic_name(field.declared_type);
  }

  uint64_t bits_to_next_line() const { return round_up(end_bits_ + 8, kLineBytes * 8) - end_bits_; }

  static bool is_padding(CXType type) {
    const CXType element = clang_getArrayElementType(canonical(type));
    return element.kind != CXType_Invalid && size_of(element) == 1;
  }

  static bool is_atomic_name(const std::string& type) {
    return type.starts_with("std::atomic<") || type.starts_with("atomic<");
  }

  void place(SourceField& field, uint64_t align) {
    if (!field.is_bit_field) end_bits_ = round_up(end_bits_, align * 8);
    field.offset_bits = end_bits_;
    end_bits_ += field.size_bits;
    align_bytes_ = std::max(align_bytes_, align);
  }

  UnitFacts& unit_;
  SourceRecord& record_;
  uint64_t end_bits_ = 0;
  uint64_t align_bytes_ = 1;
};

bool has_child(CXCursor scope, bool (*is_wanted)(CXCursor)) {
  const std::vector<CXCursor> children = children_of(scope);
  return std::any_of(children.begin(), children.end(), is_wanted);
}

bool is_union_pattern(CXCursor pattern) {
  return clang_getCursorKind(pattern) == CXCursor_UnionDecl ||
         clang_getTemplateCursorKind(pattern) == CXCursor_UnionDecl;
}

}  // namespace

SourceRecord describe_pattern(UnitFacts& unit, CXCursor pattern) {
  const Alignment alignment = alignment_of(pattern, unit.constants);
  const CXSourceRange extent = clang_getCursorExtent(pattern);
  SourceRecord record{
      .symbol = unit.symbol_of(pattern),
      .name = qualified_name(pattern),
      .is_union = is_union_pattern(pattern),
      .has_layout = !has_child(
          pattern,
          [](CXCursor child) { return clang_getCursorKind(child) == CXCursor_CXXBaseSpecifier; }),
      .is_layout_assumed = true,
      .alignas_bytes = alignment.bytes,
      .alignas_text = alignment.text,
      .position = unit.position(pattern),
      .end = unit.files.position(clang_getRangeEnd(extent)),
  };
  unit.remark_constructive_size(record.symbol, pattern, alignment.text, "");
  AssumedLayout layout(unit, record);
  if (has_child(pattern, [](CXCursor child) { return clang_CXXMethod_isVirtual(child) != 0; }))
    layout.add_table_pointer();
  layout.add_members(pattern, record.is_union);
  layout.finish();
  return record;
}

}  // namespace quarrel
