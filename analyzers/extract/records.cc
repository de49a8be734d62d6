// How do the members of a record lie, down to the bit?
#include "extract/records.h"

#include <algorithm>
#include <tuple>

#include "extract/alignment.h"
#include "extract/element_type.h"
#include "extract/field_facts.h"
#include "extract/names.h"
#include "extract/record_pattern.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// Containers of containers end somewhere; hostile templates need not.
constexpr int kMaxTemplateDepth = 4;

std::vector<CXCursor> fields_of(CXType type) {
  std::vector<CXCursor> fields;
  clang_Type_visitFields(
      type,
      [](CXCursor field, CXClientData data) {
        static_cast<std::vector<CXCursor>*>(data)->push_back(field);
        return CXVisit_Continue;
      },
      &fields);
  return fields;
}

std::vector<std::string> template_arguments(CXCursor declaration) {
  std::vector<std::string> arguments;
  const int count = clang_Cursor_getNumTemplateArguments(declaration);
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<unsigned>(i);
    switch (clang_Cursor_getTemplateArgumentKind(declaration, index)) {
      case CXTemplateArgumentKind_Type:
        arguments.push_back(type_name(clang_Cursor_getTemplateArgumentType(declaration, index)));
        break;
      case CXTemplateArgumentKind_Integral:
        arguments.push_back(
            std::to_string(clang_Cursor_getTemplateArgumentValue(declaration, index)));
        break;
      default:
        arguments.emplace_back("?");
    }
  }
  return arguments;
}

/// `struct { int a; };` without a declarator.
bool is_anonymous_member(CXCursor field) {
  const CXType type = canonical(type_of(field));
  return type.kind == CXType_Record &&
         clang_Cursor_isAnonymousRecordDecl(clang_getTypeDeclaration(type)) != 0;
}

}  // namespace

void RecordExtractor::add_type(CXType type) {
  type = element_behind(type);
  if (type.kind != CXType_Record || !seen_types_.insert(type.data[0]).second) return;
  add_declaration(clang_getTypeDeclaration(type));
  add_template_arguments(type, 0);
}

void RecordExtractor::add_template_arguments(CXType type, int depth) {
  const int count = clang_Type_getNumTemplateArguments(type);
  for (int i = 0; i < count && depth < kMaxTemplateDepth; ++i) {
    const CXType argument = clang_Type_getTemplateArgumentAsType(type, static_cast<unsigned>(i));
    if (argument.kind == CXType_Invalid) continue;
    const CXType target = element_behind(argument);
    if (target.kind != CXType_Record) continue;
    add_declaration(clang_getTypeDeclaration(target));
    add_template_arguments(target, depth + 1);
  }
}

void RecordExtractor::add_declaration(CXCursor declaration) {
  const CXCursor definition = clang_getCursorDefinition(declaration);
  if (is_null(definition) || !is_record(definition) || is_dependent(definition)) return;
  if (clang_Cursor_isAnonymousRecordDecl(definition) != 0) return;
  if (is_in_system_header(definition) || !seen_.insert(definition).second) return;
  // Of a record with a member of an unknown type clang tells neither fields nor size.
  if (clang_isInvalidDeclaration(definition) != 0)
    unit_.facts.records.push_back(describe_pattern(unit_, definition));
  else
    add_record(canonical(type_of(definition)), definition);
}

void RecordExtractor::add_pattern(CXCursor pattern) {
  if (!clang_isCursorDefinition(pattern) || !seen_.insert(pattern).second) return;
  unit_.facts.records.push_back(describe_pattern(unit_, pattern));
}

void RecordExtractor::add_typedef(CXCursor declaration) {
  const CXType type = type_of(declaration);
  const CXType record = canonical(type);
  if (record.kind != CXType_Record || align_of(type) <= align_of(record)) return;
  const Alignment alignment = alignment_of(declaration, unit_.constants);
  if (alignment.bytes == 0) return;  // passes on what another typedef asks for
  unit_.facts.typedefs.push_back({
      .symbol = unit_.symbol_of(declaration),
      .name = qualified_name(declaration),
      .record = unit_.user_record(clang_getTypeDeclaration(record)),
      .size_bytes = size_of(type),
      .align_bytes = align_of(type),
      .alignas_text = alignment.text,
      .position = unit_.position(declaration),
  });
}

void RecordExtractor::add_record(CXType type, CXCursor declaration) {
  const CXCursor pattern = clang_getSpecializedCursorTemplate(declaration);
  const CXSourceRange extent = clang_getCursorExtent(visible_declaration(declaration));
  const Alignment alignment = alignment_of(visible_declaration(declaration), unit_.constants);
  SourceRecord record{
      .symbol = unit_.symbol_of(declaration),
      .name = qualified_name(declaration),
      .pattern = is_null(pattern) ? SymbolId{} : unit_.symbol_of(pattern),
      .size_bytes = size_of(type),
      .align_bytes = align_of(type),
      .is_union = clang_getCursorKind(declaration) == CXCursor_UnionDecl,
      .is_lambda = spelling_of(type).find("(lambda at") != std::string::npos,
      .has_layout = clang_Type_getSizeOf(type) >= 0,
      .alignas_bytes = alignment.bytes == 1 ? align_of(type) : alignment.bytes,
      .alignas_text = alignment.text,
      .template_arguments = template_arguments(declaration),
      .position = unit_.position(visible_declaration(declaration)),
      .end = unit_.files.position(clang_getRangeEnd(extent)),
  };
  unit_.remark_constructive_size(record.symbol, visible_declaration(declaration), alignment.text,
                                 "");
  add_bases(record, declaration);
  add_fields(record, type, 0);
  std::sort(record.fields.begin(), record.fields.end(), [](const auto& a, const auto& b) {
    return std::tie(a.offset_bits, a.position) < std::tie(b.offset_bits, b.position);
  });
  unit_.facts.records.push_back(std::move(record));
}

void RecordExtractor::add_bases(SourceRecord& record, CXCursor declaration) {
  // An instantiation shows no children; its bases then are those of the pattern, which may depend
  // on its arguments.
  for (CXCursor child : children_of(visible_declaration(declaration))) {
    if (clang_getCursorKind(child) != CXCursor_CXXBaseSpecifier) continue;
    const CXCursor base = clang_getTypeDeclaration(canonical(type_of(child)));
    if (!is_record(base)) continue;
    record.bases.push_back(
        {.record = unit_.symbol_of(base), .is_virtual = clang_isVirtualBase(child) != 0});
    add_declaration(base);
  }
}

void RecordExtractor::add_fields(SourceRecord& record, CXType type, uint64_t start_bits) {
  for (CXCursor field : fields_of(type)) add_field(record, field, start_bits);
}

void RecordExtractor::add_field(SourceRecord& record, CXCursor field, uint64_t start_bits) {
  const long long own_offset = clang_Cursor_getOffsetOfField(field);
  if (own_offset < 0) record.has_layout = false;
  const uint64_t offset = start_bits + static_cast<uint64_t>(std::max(0LL, own_offset));
  const CXType type = type_of(field);
  // Members of an anonymous struct or union are members of the record around it.
  if (is_anonymous_member(field)) return add_fields(record, canonical(type), offset);
  SourceField described = describe_field(unit_, field);
  described.offset_bits = offset;
  if (described.alignas_bytes == 1 && record.has_layout)
    described.alignas_bytes = inferred_alignment(offset, record.align_bytes);
  record.fields.push_back(std::move(described));
  add_type(type);
}

}  // namespace quarrel
