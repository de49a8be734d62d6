// What is the SHA-256 of a text?
#pragma once

#include <string>
#include <string_view>

namespace quarrel {

/// Lower-case hex SHA-256 (64 characters) of `text`.
std::string sha256_hex(std::string_view text);

}  // namespace quarrel
