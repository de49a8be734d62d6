// What does the spelling of an array bound or of a size say about cache lines?
#include "checks/bound_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

#include "checks/name_words.h"

namespace quarrel {
namespace {

constexpr uint64_t kMinSlack = 15;

/// Positions of the operators of one precedence that stand outside of all parentheses.
std::vector<size_t> top_level(std::string_view text, char operation) {
  std::vector<size_t> found;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '(' || letter == '[') ++depth;
    if (letter == ')' || letter == ']') --depth;
    const bool is_arrow = letter == '-' && i + 1 < text.size() && text[i + 1] == '>';
    if (depth == 0 && letter == operation && i > 0 && !is_arrow) found.push_back(i);
  }
  return found;
}

bool is_enclosed(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return false;
  int depth = 0;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return false;
  }
  return true;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  const bool is_number = error == std::errc() && suffix.find_first_not_of("uUlLzZ") == suffix.npos;
  return is_number ? std::optional(value) : std::nullopt;
}

/// "64", "kCacheLine", "alignof(T)": what one adds to be able to round an address up.
bool is_alignment(std::string_view term) {
  const std::string bare = bare_expression(term);
  if (auto value = number(bare)) return *value >= kMinSlack;
  return names_line(bare) || bare.find("align") != bare.npos || bare.find("ALIGN") != bare.npos;
}

/// The terms of a sum; what is subtracted does not count.
std::vector<std::string_view> addends(std::string_view sum) {
  std::vector<std::string_view> terms;
  size_t begin = 0;
  for (size_t plus : top_level(sum, '+')) {
    terms.push_back(sum.substr(begin, plus - begin));
    begin = plus + 1;
  }
  terms.push_back(sum.substr(begin));
  for (std::string_view& term : terms)
    if (auto minus = top_level(term, '-'); !minus.empty()) term = term.substr(0, minus.front());
  return terms;
}

bool has_alignment_addend(std::string_view sum) {
  const auto terms = addends(sum);
  return terms.size() > 1 && std::any_of(terms.begin(), terms.end(), is_alignment);
}

}  // namespace

std::string bare_expression(std::string_view text) {
  std::string bare;
  for (char letter : text)
    if (std::isspace(static_cast<unsigned char>(letter)) == 0) bare += letter;
  while (is_enclosed(bare)) bare = bare.substr(1, bare.size() - 2);
  return bare;
}

bool names_line(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords = {
      "cache", "cacheline", "cachelines", "cls",         "interference",
      "l1",    "sharing",   "smp",        "destructive", "line"};
  return has_any_word(text, kWords);
}

bool is_missing_modulo(std::string_view bound) {
  const std::string text = bare_expression(bound);
  if (!top_level(text, '%').empty() && top_level(text, '-').empty()) return false;
  const auto minus = top_level(text, '-');
  if (minus.size() != 1 || !top_level(text, '+').empty()) return false;
  const std::string line = bare_expression(text.substr(0, minus.front()));
  const std::string rest = bare_expression(text.substr(minus.front() + 1));
  const auto modulo = top_level(rest, '%');
  if (modulo.size() != 1 || rest.find("sizeof") == rest.npos) return false;
  return bare_expression(rest.substr(modulo.front() + 1)) == line;
}

bool is_multiple(std::string_view bound) {
  std::string text = bare_expression(bound);
  if (auto minus = top_level(text, '-'); !minus.empty())
    text = bare_expression(text.substr(0, minus.front()));
  const auto times = top_level(text, '*');
  if (times.size() != 1) return false;
  const auto left = number(bare_expression(text.substr(0, times.front())));
  const auto right = number(bare_expression(text.substr(times.front() + 1)));
  return left.value_or(0) >= 2 || right.value_or(0) >= 2;
}

bool has_slack(std::string_view size) {
  return has_alignment_addend(bare_expression(size));
}

bool is_padded_element(std::string_view size) {
  const std::string text = bare_expression(size);
  if (!has_alignment_addend(text) || !top_level(text, '*').empty()) return false;
  const auto terms = addends(text);
  return terms.size() == 2 && std::any_of(terms.begin(), terms.end(), [](std::string_view term) {
           return bare_expression(term).starts_with("sizeof");
         });
}

}  // namespace quarrel
