// Which words does a name consist of?
#include "checks/name_words.h"

#include <algorithm>
#include <cctype>

namespace quarrel {
namespace {

bool is_upper(char letter) {
  return std::isupper(static_cast<unsigned char>(letter)) != 0;
}

bool is_word_letter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0;
}

/// A capital starts a word if a small letter stands ahead of it or behind it: "L1Cache" -> l1
/// cache.
bool starts_word(std::string_view name, size_t i) {
  if (!is_upper(name[i]) || i == 0) return false;
  const bool is_next_small =
      i + 1 < name.size() && std::islower(static_cast<unsigned char>(name[i + 1])) != 0;
  return !is_upper(name[i - 1]) || is_next_small;
}

void add_word(std::vector<std::string>& words, std::string& word) {
  const size_t end = word.find_last_not_of("0123456789");
  // "l1" names a cache: a digit behind a single letter is a part of it.
  if (end != word.npos && end > 0) word.resize(end + 1);
  if (!word.empty()) words.push_back(word);
  word.clear();
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  for (size_t i = 0; i < name.size(); ++i) {
    if (!is_word_letter(name[i]) || starts_word(name, i)) add_word(words, word);
    if (is_word_letter(name[i]))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  add_word(words, word);
  return words;
}

bool has_any_word(std::string_view name, std::span<const std::string_view> words) {
  const auto own = words_of(name);
  return std::any_of(own.begin(), own.end(), [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  });
}

}  // namespace quarrel
