// Which alignment does a declaration ask for, and in which words?
#include "extract/alignment.h"

#include <algorithm>
#include <array>
#include <bit>

#include "extract/cursor.h"
#include "extract/text_place.h"

namespace quarrel {
namespace {

/// What `aligned` without an operand means on x86-64 and aarch64.
constexpr uint64_t kLargestUseful = 16;

bool is_alignment_word(std::string_view word) {
  static constexpr std::array<std::string_view, 4> kWords = {"alignas", "_Alignas", "aligned",
                                                             "__aligned__"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// `text` starts at the word of the attribute; [[gnu::aligned(64)]] starts at its namespace.
std::string_view from_alignment_word(std::string_view text) {
  for (std::string_view scope : {"gnu::", "__gnu__::"})
    if (text.starts_with(scope)) text.remove_prefix(scope.size());
  return text;
}

struct Operand {
  bool is_direct = false;     ///< stands at an alignment word, not behind a macro
  std::string_view invoked;   ///< the word and what stands in its parentheses, if anything
  std::string_view argument;  ///< what stands in the parentheses
};

Operand operand_at(std::string_view text) {
  text = from_alignment_word(text);
  const std::string_view word = leading_word(text);
  const std::string_view after = text.substr(word.size());
  const size_t gap = std::min(after.find_first_not_of(" \t"), after.size());
  const std::string_view argument = bracketed(after.substr(gap));
  const size_t invoked = argument.empty() ? word.size() : word.size() + gap + argument.size() + 2;
  return {is_alignment_word(word), text.substr(0, invoked), argument};
}

uint64_t value_of(const Operand& written, std::string_view definition, ConstantText& constants) {
  if (written.is_direct && written.argument.empty()) return kLargestUseful;
  if (written.is_direct) return constants.value_of(written.argument).value_or(1);
  const Operand defined = operand_at(definition);
  if (defined.is_direct && defined.argument.empty()) return kLargestUseful;
  if (const auto value = constants.value_of(defined.argument)) return *value;
  // The parameter of a macro: what the invocation passes for it.
  return constants.value_of(written.argument).value_or(1);
}

Alignment alignment_from(CXCursor attribute, ConstantText& constants) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(attribute);
  const CXSourceLocation start = clang_getRangeStart(clang_getCursorExtent(attribute));
  const Operand written = operand_at(text_at_expansion(unit, start).rest());
  const uint64_t value = value_of(written, text_at_spelling(unit, start).rest(), constants);
  const std::string_view text =
      written.is_direct && !written.argument.empty() ? written.argument : written.invoked;
  return {std::has_single_bit(value) ? value : 1, tidy_text(text)};
}

}  // namespace

Alignment alignment_of(CXCursor declaration, ConstantText& constants) {
  Alignment strictest;
  for (CXCursor child : children_of(declaration)) {
    if (clang_getCursorKind(child) != CXCursor_AlignedAttr) continue;
    Alignment found = alignment_from(child, constants);
    if (found.bytes > strictest.bytes) strictest = std::move(found);
  }
  return strictest;
}

uint64_t inferred_alignment(uint64_t offset_bits, uint64_t record_align_bytes) {
  const uint64_t offset = offset_bits / 8;
  if (offset == 0) return record_align_bytes;
  return std::min(record_align_bytes, uint64_t{1} << std::countr_zero(offset));
}

}  // namespace quarrel
