// What makes a finding the same finding in CI, in production and after an unrelated edit?
#include "model/fingerprint.h"

#include <algorithm>
#include <cctype>

#include "base/sha256.h"

namespace quarrel {

std::string without_indices(std::string_view name) {
  std::string common;
  for (size_t i = 0; i < name.size(); ++i) {
    common += name[i];
    if (name[i] != '[') continue;
    size_t end = i + 1;
    while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) ++end;
    if (end < name.size() && name[end] == ']') i = end - 1;
  }
  return common;
}

std::string fingerprint_of(std::string_view rule, std::string_view record,
                           std::vector<std::string> fields) {
  for (std::string& field : fields) field = without_indices(field);
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  // A newline cannot occur in a C++ name, so the parts cannot run into one another.
  std::string key = std::string(rule) + "\n" + without_indices(record);
  for (const std::string& field : fields) key += "\n" + field;
  return sha256_hex(key);
}

}  // namespace quarrel
