// Which record do the elements have that a pointer or a container leads to?
#include "extract/element_type.h"

#include <string>
#include <vector>

#include "extract/cursor.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// Containers of containers end somewhere; hostile templates need not.
constexpr int kMaxDepth = 6;

CXCursor element_at(CXType type, int depth);

bool is_held_by(CXType owner, CXType argument) {
  struct Search {
    CXType wanted;
    bool is_found = false;
  } search{canonical(argument)};
  clang_Type_visitFields(
      canonical(owner),
      [](CXCursor field, CXClientData data) {
        auto& [wanted, is_found] = *static_cast<Search*>(data);
        CXType type = canonical(type_of(field));
        const CXType element = clang_getArrayElementType(type);
        if (element.kind != CXType_Invalid) type = canonical(element);
        is_found |= clang_equalTypes(unqualified(type), wanted) != 0;
        return is_found ? CXVisit_Break : CXVisit_Continue;
      },
      &search);
  return search.is_found;
}

/// The record that the arguments of an instantiation lead to. Of a map the mapped type comes first.
CXCursor element_of_arguments(CXType type, CXCursor record, int depth) {
  const int count = clang_Type_getNumTemplateArguments(type);
  const bool is_map = spelling_of(record).find("map") != std::string::npos ||
                      spelling_of(record).find("Map") != std::string::npos;
  const int first = is_map && count > 1 ? 1 : 0;
  for (int i = first; i < count; ++i) {
    const CXType argument = clang_Type_getTemplateArgumentAsType(type, static_cast<unsigned>(i));
    if (argument.kind == CXType_Invalid) continue;
    const CXCursor found = element_at(argument, depth + 1);
    if (!is_null(found)) return found;
  }
  return null_cursor();
}

CXCursor element_at(CXType type, int depth) {
  type = element_behind(type);
  if (depth > kMaxDepth || type.kind != CXType_Record) return null_cursor();
  const CXCursor record = clang_getTypeDeclaration(type);
  const bool is_library = is_in_system_header(record);
  const int arguments = clang_Type_getNumTemplateArguments(type);
  if (arguments <= 0) return is_library ? null_cursor() : record;
  if (is_library) return element_of_arguments(type, record, depth);
  const CXType first = clang_Type_getTemplateArgumentAsType(type, 0);
  if (first.kind == CXType_Invalid || is_held_by(type, first)) return record;
  const CXCursor inner = element_at(first, depth + 1);
  return is_null(inner) ? record : inner;
}

}  // namespace

CXType element_behind(CXType type) {
  while (true) {
    type = pointee(type);
    const CXType element = clang_getArrayElementType(type);
    if (element.kind == CXType_Invalid) return type;
    type = element;
  }
}

CXCursor element_record_of(CXType type) {
  const CXCursor found = element_at(type, 0);
  if (is_null(found)) return found;
  // A field that simply is the record has no elements.
  const CXType own = unqualified(canonical(type));
  const bool is_itself =
      own.kind == CXType_Record && clang_equalCursors(clang_getTypeDeclaration(own), found) != 0;
  return is_itself ? null_cursor() : found;
}

}  // namespace quarrel
