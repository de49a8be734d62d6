// What is the SHA-256 of a text? (libmd does the work.)
#include "base/sha256.h"

#include <sha256.h>

namespace quarrel {

std::string sha256_hex(std::string_view text) {
  char hex[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data(reinterpret_cast<const uint8_t*>(text.data()), text.size(), hex);
  return hex;
}

}  // namespace quarrel
