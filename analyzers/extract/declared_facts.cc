// What does the declaration of a field or variable say that its type does not?
#include "extract/declared_facts.h"

#include <string_view>

#include "extract/cursor.h"
#include "extract/names.h"
#include "extract/text_place.h"

namespace quarrel {
namespace {

/// Behind the last comma of "std::array<T, N>" that is not nested.
std::string last_template_argument(std::string_view type) {
  const size_t open = type.find('<');
  if (open == std::string_view::npos || !type.ends_with('>')) return {};
  size_t depth = 0;
  size_t comma = std::string_view::npos;
  for (size_t at = open + 1; at + 1 < type.size(); ++at) {
    if (type[at] == '<' || type[at] == '(') ++depth;
    if ((type[at] == '>' || type[at] == ')') && depth > 0) --depth;
    if (type[at] == ',' && depth == 0) comma = at;
  }
  if (comma == std::string_view::npos) return {};
  return tidy_text(type.substr(comma + 1, type.size() - comma - 2));
}

/// "kRows][kColumns" of "[kRows][kColumns]".
std::string bounds_at(std::string_view text) {
  std::string bounds;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const std::string_view inner = text.starts_with('[') ? bracketed(text) : std::string_view();
    if (inner.empty()) return bounds;
    bounds += (bounds.empty() ? "" : "][") + tidy_text(inner);
    text.remove_prefix(inner.size() + 2);
  }
}

bool is_array(CXType type) {
  return clang_getArrayElementType(canonical(type)).kind != CXType_Invalid;
}

}  // namespace

std::string declared_type_of(CXCursor declarator) {
  CXType type = type_of(declarator);
  // Only bounds of the declarator itself: a typedef of an array keeps its name.
  while (type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray ||
         type.kind == CXType_VariableArray || type.kind == CXType_DependentSizedArray)
    type = clang_getArrayElementType(type);
  return without_tags(without_paths(spelling_of(type)));
}

std::string bound_text_of(CXCursor declarator) {
  const CXType type = type_of(declarator);
  if (!is_array(type)) {
    const std::string written = declared_type_of(declarator);
    return written.find("array<") == std::string::npos ? "" : last_template_argument(written);
  }
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(declarator);
  const std::string_view text = text_at_expansion(unit, clang_getCursorLocation(declarator)).rest();
  const std::string name = spelling_of(declarator);
  if (name.empty() || leading_word(text) != name) return {};
  return bounds_at(text.substr(name.size()));
}

}  // namespace quarrel
