// Of which words is a name made?
#include "extract/name_parts.h"

#include <cctype>

namespace quarrel {
namespace {

bool is_upper(char c) {
  return std::isupper(static_cast<unsigned char>(c)) != 0;
}

/// A word begins at an underscore, at a capital behind a small letter, and at the last of several
/// capitals that a small letter follows: RWLock is RW, Lock.
bool begins_word(std::string_view name, size_t at) {
  if (at == 0 || !is_upper(name[at])) return false;
  const bool is_after_small = !is_upper(name[at - 1]);
  const bool is_before_small =
      at + 1 < name.size() && std::islower(static_cast<unsigned char>(name[at + 1])) != 0;
  return is_after_small || is_before_small;
}

}  // namespace

std::vector<std::string> name_parts(std::string_view name) {
  std::vector<std::string> words(1);
  for (size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '_' || begins_word(name, at)) words.emplace_back();
    if (name[at] != '_' && std::isdigit(static_cast<unsigned char>(name[at])) == 0)
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(name[at])));
  }
  std::erase(words, "");
  return words;
}

}  // namespace quarrel
