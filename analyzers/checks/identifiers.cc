// Which identifiers does a piece of source text name?
#include "checks/identifiers.h"

#include <algorithm>
#include <cctype>

namespace quarrel {

bool is_identifier_part(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
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

bool mentions(std::string_view text, std::string_view identifier) {
  const auto found = identifiers_in(text);
  return std::find(found.begin(), found.end(), identifier) != found.end();
}

std::string_view simple_name(std::string_view qualified) {
  int angles = 0;
  size_t begin = 0;
  size_t end = qualified.size();
  for (size_t i = 0; i < qualified.size(); ++i) {
    const char letter = qualified[i];
    if (letter == '<' && angles++ == 0) end = i;
    if (letter == '>') --angles;
    if (letter == '(' && angles == 0) return qualified.substr(begin, std::min(end, i) - begin);
    if (letter != ':' || angles != 0) continue;
    begin = i + 1;
    end = qualified.size();
  }
  return qualified.substr(begin, end - begin);
}

}  // namespace quarrel
