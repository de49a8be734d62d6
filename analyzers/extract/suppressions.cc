// Which findings has the author of the code already answered?
#include "extract/suppressions.h"

#include <cctype>
#include <string>

namespace quarrel {
namespace {

constexpr std::string_view kMark = "NOLINT";
constexpr std::string_view kNextLine = "NEXTLINE";
constexpr std::string_view kPrefix = "quarrel-";

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r:");
  if (first == std::string_view::npos) return {};
  const size_t last = text.find_last_not_of(" \t\r");
  return std::string(text.substr(first, last - first + 1));
}

/// The rules between the parentheses that are ours, without the prefix; "" stands for all.
std::vector<std::string> our_rules(std::string_view list) {
  std::vector<std::string> rules;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string name = trimmed(list.substr(0, comma));
    if (name == "*" || name == "quarrel-*")
      rules.emplace_back();
    else if (name.starts_with(kPrefix))
      rules.push_back(name.substr(kPrefix.size()));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return rules;
}

/// Reads what stands behind a NOLINT on one line.
void add_mark(SourceFacts& facts, SourcePos position, std::string_view rest) {
  if (rest.starts_with(kNextLine)) {
    rest.remove_prefix(kNextLine.size());
    ++position.line;
  }
  const bool is_longer_word = !rest.empty() && (std::isalnum(static_cast<unsigned char>(rest[0])));
  if (is_longer_word) return;
  std::vector<std::string> rules = {""};
  if (rest.starts_with('(')) {
    const size_t close = rest.find(')');
    if (close == std::string_view::npos) return;
    rules = our_rules(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  }
  for (const std::string& rule : rules)
    facts.suppressions.push_back({position, rule, trimmed(rest)});
}

}  // namespace

void add_comment_suppressions(SourceFacts& facts, FileId file, std::string_view text) {
  uint32_t line = 1;
  size_t counted = 0;
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at)) {
    for (; counted < at; ++counted) line += text[counted] == '\n';
    const size_t start = text.rfind('\n', at) + 1;
    const std::string_view before = text.substr(start, at - start);
    const size_t end = text.find('\n', at);
    const bool is_comment =
        before.find("//") != std::string_view::npos || before.find("/*") != std::string_view::npos;
    at += kMark.size();
    if (!is_comment) continue;
    const auto column = static_cast<uint32_t>(at - kMark.size() - start + 1);
    add_mark(facts, {file, line, column}, text.substr(at, end - at));
  }
}

void add_annotations(UnitFacts& unit, CXCursor declaration) {
  static constexpr std::string_view kScheme = "quarrel:";
  for (CXCursor child : children_of(declaration)) {
    if (clang_getCursorKind(child) != CXCursor_AnnotateAttr) continue;
    const std::string text = spelling_of(child);
    if (!text.starts_with(kScheme)) continue;
    const std::string_view body = std::string_view(text).substr(kScheme.size());
    const size_t colon = body.find(':');
    const std::string reason =
        colon == std::string_view::npos ? "" : trimmed(body.substr(colon + 1));
    unit.facts.suppressions.push_back(
        {unit.position(declaration), trimmed(body.substr(0, colon)), reason});
  }
}

}  // namespace quarrel
