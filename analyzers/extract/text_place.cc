// What stands in the source at a location, as its author wrote it?
#include "extract/text_place.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <utility>

namespace quarrel {
namespace {

/// Longer operands are no alignment and no bound that anyone reads.
constexpr size_t kMaxBracketed = 400;

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

TextPlace place_of(CXTranslationUnit unit, CXFile file, unsigned offset) {
  return {text_of_file(unit, file), offset};
}

/// Where the comment at the start of `text` ends; 0 if there is none.
size_t comment_length(std::string_view text) {
  if (text.starts_with("//")) return std::min(text.find('\n'), text.size());
  if (!text.starts_with("/*")) return 0;
  const size_t end = text.find("*/", 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

}  // namespace

std::string_view text_of_file(CXTranslationUnit unit, CXFile file) {
  // A process extracts one translation unit, but a test may extract several.
  static std::unordered_map<CXFile, std::string_view> known;
  static CXTranslationUnit known_unit = nullptr;
  if (std::exchange(known_unit, unit) != unit) known.clear();
  if (file == nullptr) return {};
  auto [place, is_new] = known.try_emplace(file);
  if (!is_new) return place->second;
  size_t size = 0;
  const char* text = clang_getFileContents(unit, file, &size);
  if (text != nullptr) place->second = std::string_view(text, size);
  return place->second;
}

TextPlace text_at_expansion(CXTranslationUnit unit, CXSourceLocation location) {
  CXFile file = nullptr;
  unsigned offset = 0;
  clang_getExpansionLocation(location, &file, nullptr, nullptr, &offset);
  return place_of(unit, file, offset);
}

TextPlace text_at_spelling(CXTranslationUnit unit, CXSourceLocation location) {
  CXFile file = nullptr;
  unsigned offset = 0;
  clang_getSpellingLocation(location, &file, nullptr, nullptr, &offset);
  return place_of(unit, file, offset);
}

std::string_view leading_word(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_word(text[length])) ++length;
  return text.substr(0, length);
}

std::string_view bracketed(std::string_view text) {
  static constexpr std::string_view kOpen = "([{", kClose = ")]}";
  if (text.empty() || kOpen.find(text[0]) == std::string_view::npos) return {};
  size_t depth = 0;
  for (size_t at = 0; at < std::min(text.size(), kMaxBracketed); ++at) {
    if (kOpen.find(text[at]) != std::string_view::npos) ++depth;
    if (kClose.find(text[at]) != std::string_view::npos && --depth == 0)
      return text.substr(1, at - 1);
  }
  return {};
}

std::string tidy_text(std::string_view text) {
  std::string tidy;
  for (size_t at = 0; at < text.size();) {
    const size_t comment = comment_length(text.substr(at));
    const bool is_gap = comment != 0 || is_blank(text[at]) || text.substr(at).starts_with("\\\n");
    if (!is_gap)
      tidy += text[at];
    else if (!tidy.empty() && tidy.back() != ' ')
      tidy += ' ';
    at += comment != 0 ? comment : 1;
  }
  if (tidy.ends_with(' ')) tidy.pop_back();
  return tidy;
}

}  // namespace quarrel
