// What makes a finding the same finding in CI, in production and after an unrelated edit?
#include "model/fingerprint.h"

#include <algorithm>

#include "base/sha256.h"

namespace quarrel {

std::string fingerprint_of(std::string_view rule, std::string_view record,
                           std::vector<std::string> fields) {
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  // A newline cannot occur in a C++ name, so the parts cannot run into one another.
  std::string key = std::string(rule) + "\n" + std::string(record);
  for (const std::string& field : fields) key += "\n" + field;
  return sha256_hex(key);
}

}  // namespace quarrel
