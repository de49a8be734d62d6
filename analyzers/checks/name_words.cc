// Which words make up a name?
#include "checks/name_words.h"

#include <algorithm>
#include <cctype>

namespace quarrel {
namespace {

bool is_upper(char letter) {
  return std::isupper(static_cast<unsigned char>(letter)) != 0;
}

bool is_letter(char letter) {
  return std::isalpha(static_cast<unsigned char>(letter)) != 0;
}

bool is_identifier_part(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// A capital after a small letter, or the last of several capitals before a small one: "numCPUs",
/// "TLSKey" -> num, cpus; tls, key.
bool starts_word(std::string_view name, size_t i) {
  if (!is_upper(name[i]) || i == 0) return false;
  if (!is_upper(name[i - 1])) return true;
  const bool is_before_small = i + 1 < name.size() && is_letter(name[i + 1]) &&
                               !is_upper(name[i + 1]) && name.substr(i + 1) != "s";
  return is_before_small;
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  if (auto colon = name.rfind("::"); colon != name.npos) name.remove_prefix(colon + 2);
  std::vector<std::string> words;
  std::string word;
  auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < name.size(); ++i) {
    if (!is_letter(name[i]) || starts_word(name, i)) finish();
    if (is_letter(name[i]))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  finish();
  return words;
}

bool has_word(std::string_view name, std::span<const std::string_view> words) {
  const auto own = words_of(name);
  return std::any_of(own.begin(), own.end(), [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  });
}

std::vector<std::string_view> identifiers_in(std::string_view text) {
  std::vector<std::string_view> found;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_identifier_part(text[end])) ++end;
    if (end > i && std::isdigit(static_cast<unsigned char>(text[i])) == 0)
      found.push_back(text.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return found;
}

}  // namespace quarrel
