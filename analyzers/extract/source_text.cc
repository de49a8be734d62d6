// How did the author write an expression?
#include "extract/source_text.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "extract/text_place.h"

namespace quarrel {
namespace {

constexpr size_t kMaxText = 80;

struct Place {
  CXFile file = nullptr;
  unsigned offset = 0;
};

Place place_of(CXSourceLocation location) {
  Place place;
  clang_getFileLocation(location, &place.file, nullptr, nullptr, &place.offset);
  return place;
}

/// What a macro's body brings is spelt elsewhere than it is used; its arguments are not.
bool is_from_macro_body(CXSourceLocation location, const Place& used) {
  Place spelt;
  clang_getSpellingLocation(location, &spelt.file, nullptr, nullptr, &spelt.offset);
  return spelt.offset != used.offset || clang_File_isEqual(spelt.file, used.file) == 0;
}

std::string collapsed(std::string_view text) {
  std::string result;
  for (char each : text) {
    const bool is_space = std::isspace(static_cast<unsigned char>(each)) != 0 || each == '\\';
    if (!is_space)
      result += each;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  if (result.size() > kMaxText) result = result.substr(0, kMaxText - 3) + "...";
  return result;
}

/// The offset of the first line end from `start` on that no backslash continues.
unsigned end_of_definition(CXTranslationUnit unit, const Place& start) {
  const std::string_view content = text_of_file(unit, start.file);
  size_t end = content.find('\n', start.offset);
  while (end != std::string_view::npos && end > 0 && content[end - 1] == '\\')
    end = content.find('\n', end + 1);
  if (start.offset >= content.size()) return start.offset;
  return static_cast<unsigned>(std::min(end, content.size()));
}

}  // namespace

std::string written_text(CXCursor expression) {
  const CXSourceLocation start = clang_getRangeStart(clang_getCursorExtent(expression));
  return is_from_macro_body(start, place_of(start)) ? std::string() : text_in_use(expression);
}

std::string text_in_use(CXCursor expression) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(expression);
  const CXSourceRange extent = clang_getCursorExtent(expression);
  const Place start = place_of(clang_getRangeStart(extent));
  const Place end = place_of(clang_getRangeEnd(extent));
  if (start.file == nullptr || clang_File_isEqual(start.file, end.file) == 0) return {};
  const std::string_view text = text_of_file(unit, start.file);
  if (start.offset >= end.offset || end.offset > text.size()) return {};
  return collapsed(text.substr(start.offset, end.offset - start.offset));
}

std::string macro_of(CXCursor cursor) {
  const CXSourceLocation start = clang_getRangeStart(clang_getCursorExtent(cursor));
  const Place used = place_of(start);
  if (used.file == nullptr || !is_from_macro_body(start, used)) return {};
  const TextPlace place = text_at_expansion(clang_Cursor_getTranslationUnit(cursor), start);
  return std::string(leading_word(place.rest()));
}

std::string last_identifier(CXCursor expression) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(expression);
  const Place end = place_of(clang_getRangeEnd(clang_getCursorExtent(expression)));
  size_t size = 0;
  const char* text = end.file == nullptr ? nullptr : clang_getFileContents(unit, end.file, &size);
  if (text == nullptr || end.offset > size) return {};
  size_t start = end.offset;
  while (start > 0 &&
         (std::isalnum(static_cast<unsigned char>(text[start - 1])) != 0 || text[start - 1] == '_'))
    --start;
  return std::string(text + start, end.offset - start);
}

std::vector<std::string> tokens_where_spelt(CXCursor statement) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(statement);
  CXSourceRange range = clang_getCursorExtent(statement);
  const CXSourceLocation start = clang_getRangeStart(range);
  Place spelt;
  clang_getSpellingLocation(start, &spelt.file, nullptr, nullptr, &spelt.offset);
  if (spelt.file != nullptr && is_from_macro_body(start, place_of(start))) {
    const unsigned end = end_of_definition(unit, spelt);
    range = clang_getRange(clang_getLocationForOffset(unit, spelt.file, spelt.offset),
                           clang_getLocationForOffset(unit, spelt.file, end));
  }
  CXToken* tokens = nullptr;
  unsigned count = 0;
  clang_tokenize(unit, range, &tokens, &count);
  std::vector<std::string> spellings;
  for (unsigned i = 0; i < count; ++i)
    if (clang_getTokenKind(tokens[i]) != CXToken_Comment)
      spellings.push_back(take(clang_getTokenSpelling(unit, tokens[i])));
  clang_disposeTokens(unit, tokens, count);
  return spellings;
}

}  // namespace quarrel
