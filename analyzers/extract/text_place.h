// What stands in the source at a location, as its author wrote it?
#pragma once

#include <clang-c/Index.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace quarrel {

/// A place in the text of a file; the text lives as long as the translation unit.
struct TextPlace {
  std::string_view content;  ///< of the whole file
  size_t offset = 0;

  /// From the place to the end of the file; empty if there is no file.
  std::string_view rest() const {
    return offset < content.size() ? content.substr(offset) : std::string_view();
  }
};

/// The text of a file; empty if there is none. Remembers it: libclang searches for each anew.
std::string_view text_of_file(CXTranslationUnit unit, CXFile file);

/// Where the user wrote it: for the result of a macro, its invocation.
TextPlace text_at_expansion(CXTranslationUnit unit, CXSourceLocation location);

/// Where its characters come from: for the result of a macro, the definition of the macro.
TextPlace text_at_spelling(CXTranslationUnit unit, CXSourceLocation location);

/// The identifier at the start of `text`, or "".
std::string_view leading_word(std::string_view text);

/// What stands between the bracket at the start of `text`, one of ( [ {, and its partner; empty
/// if there is no bracket or no partner.
std::string_view bracketed(std::string_view text);

/// Blanks and line ends at both ends removed, those inside made one blank, comments dropped.
std::string tidy_text(std::string_view text);

}  // namespace quarrel
