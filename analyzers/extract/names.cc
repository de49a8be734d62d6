// What is a declaration called, in words that do not depend on the machine?
#include "extract/names.h"

#include <array>
#include <cctype>
#include <string_view>

#include "extract/cursor.h"
#include "model/plain_name.h"

namespace quarrel {

std::string without_paths(std::string text) {
  for (size_t at = text.find(" at "); at != std::string::npos; at = text.find(" at ", at)) {
    const size_t open = text.rfind('(', at);
    const size_t close = text.find(')', at);
    if (open == std::string::npos || close == std::string::npos) {
      at += 4;
      continue;
    }
    text.erase(at, close - at);
  }
  return text;
}

std::string without_tags(const std::string& text) {
  static constexpr std::array<std::string_view, 4> kTags = {"class ", "struct ", "union ", "enum "};
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const bool is_word_start =
        i == 0 || (!std::isalnum(static_cast<unsigned char>(text[i - 1])) && text[i - 1] != '_');
    size_t skip = 0;
    // "(unnamed struct)" keeps its keyword: there it is the name.
    const bool is_unnamed = result.ends_with("unnamed ") || result.ends_with("anonymous ");
    if (is_word_start && !is_unnamed)
      for (std::string_view tag : kTags)
        if (std::string_view(text).substr(i).starts_with(tag)) skip = tag.size();
    if (skip == 0) result += text[i];
    i += skip == 0 ? 1 : skip;
  }
  return result;
}

std::string type_name(CXType type) {
  return plain_name(without_tags(without_paths(spelling_of(canonical(type)))));
}

namespace {

std::string own_name(CXCursor declaration) {
  if (is_record(declaration)) return type_name(type_of(declaration));
  if (!is_null(lambda_class_of(declaration)))
    return qualified_name(clang_getCursorSemanticParent(lambda_class_of(declaration))) +
           "::(lambda)";
  std::string name = spelling_of(declaration);
  if (clang_getCursorKind(declaration) == CXCursor_Namespace && name.empty()) return "";
  return plain_name(without_paths(name));
}

/// The type spelling of a record is qualified already, that of a local one is not.
bool names_its_scope(CXCursor declaration) {
  if (!is_null(lambda_class_of(declaration))) return true;
  if (!is_record(declaration)) return false;
  return !is_function(clang_getCursorSemanticParent(declaration));
}

}  // namespace

std::string qualified_name(CXCursor declaration) {
  if (is_null(declaration)) return {};
  const CXCursorKind kind = clang_getCursorKind(declaration);
  if (kind == CXCursor_TranslationUnit || clang_isTranslationUnit(kind)) return {};
  if (kind == CXCursor_LinkageSpec)
    return qualified_name(clang_getCursorSemanticParent(declaration));
  const std::string name = own_name(declaration);
  if (names_its_scope(declaration)) return name;
  const std::string scope = qualified_name(clang_getCursorSemanticParent(declaration));
  if (scope.empty() || name.empty()) return scope + name;
  return scope + "::" + name;
}

}  // namespace quarrel
