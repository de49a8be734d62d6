// What is one non-static data member, wherever its record puts it?
#include "extract/field_facts.h"

#include <algorithm>

#include "extract/alignment.h"
#include "extract/declared_facts.h"
#include "extract/element_type.h"
#include "extract/names.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

uint64_t bits_of(CXCursor field) {
  if (clang_Cursor_isBitField(field) == 0) return size_of(type_of(field)) * 8;
  return static_cast<uint64_t>(std::max(0, clang_getFieldDeclBitWidth(field)));
}

}  // namespace

SourceField describe_field(UnitFacts& unit, CXCursor field) {
  const CXType type = type_of(field);
  const TypeFacts described = facts_of_type(type);
  const Alignment alignment = alignment_of(field, unit.constants);
  SourceField result{
      .symbol = unit.symbol_of(field),
      .name = spelling_of(field),
      .type = type_name(type),
      .type_record = unit.user_record(described.record),
      .size_bits = bits_of(field),
      .array_length = described.array_length,
      .is_bit_field = clang_Cursor_isBitField(field) != 0,
      .is_atomic = described.is_atomic,
      .is_volatile = described.is_volatile,
      .is_const = described.is_const,
      .lock = described.lock,
      .alignas_bytes = alignment.bytes,
      .declared_type = declared_type_of(field),
      .element_record = unit.user_record(element_record_of(type)),
      .bound_text = bound_text_of(field),
      .alignas_text = alignment.text,
      .position = unit.position(field),
  };
  unit.remark_constructive_size(result.symbol, field, result.alignas_text, result.bound_text);
  return result;
}

}  // namespace quarrel
