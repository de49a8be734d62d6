// Which OpenMP directives stand in a file, and what do they say about the next statement?
#include "extract/openmp.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace quarrel {
namespace {

bool is_name_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Names and brackets; all other characters on their own.
std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (is_name_part(text[at]))
      while (end < text.size() && is_name_part(text[end])) ++end;
    const bool is_blank = std::isspace(static_cast<unsigned char>(text[at])) != 0;
    if (!is_blank && text[at] != '\\') words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 5> kStarters = {"parallel", "task", "taskloop", "teams",
                                                       "sections"};
constexpr std::array<std::string_view, 6> kPrivate = {"private",   "firstprivate", "lastprivate",
                                                      "reduction", "linear",       "threadprivate"};

/// The names in the brackets at `at`; of `reduction(+ : a, b)` those behind the colon.
std::vector<std::string> names_in_brackets(const std::vector<std::string>& words, size_t at) {
  std::vector<std::string> names;
  if (at >= words.size() || words[at] != "(") return names;
  for (++at; at < words.size() && words[at] != ")"; ++at) {
    if (words[at] == ":") names.clear();
    if (is_name_part(words[at][0])) names.push_back(words[at]);
  }
  return names;
}

OpenMpDirective parse_directive(std::string_view text) {
  const std::vector<std::string> words = words_in(text);
  OpenMpDirective directive;
  bool is_in_kind = true;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "(") is_in_kind = false;
    if (is_in_kind && is_one_of(words[i], kStarters)) {
      directive.starts_threads = true;
      if (directive.name.empty()) directive.name = "omp " + words[i];
    }
    directive.is_atomic |= i == 0 && words[i] == "atomic";
    if (i == 0 && words[i] == "critical") {
      directive.is_critical = true;
      const std::vector<std::string> names = names_in_brackets(words, 1);
      directive.name = names.empty() ? "" : names[0];
    }
    if (!is_one_of(words[i], kPrivate)) continue;
    const std::vector<std::string> names = names_in_brackets(words, i + 1);
    directive.private_names.insert(directive.private_names.end(), names.begin(), names.end());
  }
  return directive;
}

/// The end of the line at `at`, and of those that a backslash joins to it.
size_t end_of_logical_line(std::string_view text, size_t at) {
  size_t end = std::min(text.find('\n', at), text.size());
  while (end < text.size() && end > 0 && text[end - 1] == '\\')
    end = std::min(text.find('\n', end + 1), text.size());
  return end;
}

}  // namespace

std::vector<OpenMpDirective> openmp_directives(std::string_view text) {
  constexpr std::string_view kMark = "#pragma omp ";
  std::vector<OpenMpDirective> directives;
  uint32_t line = 1;
  size_t counted = 0;
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    line += static_cast<uint32_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                             text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    counted = at;
    const size_t end = end_of_logical_line(text, at);
    const std::string_view body = text.substr(at + kMark.size(), end - at - kMark.size());
    OpenMpDirective directive = parse_directive(body);
    directive.first_line = line;
    directive.last_line = line + static_cast<uint32_t>(std::count(body.begin(), body.end(), '\n'));
    directives.push_back(std::move(directive));
  }
  return directives;
}

}  // namespace quarrel
