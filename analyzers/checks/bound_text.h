// What does the spelling of an array bound or of a size say about cache lines?
#pragma once

#include <string>
#include <string_view>

namespace quarrel {

/// Without white space, and without parentheses around the whole.
std::string bare_expression(std::string_view text);

/// Does it name a cache line: "CACHE_LINE_SIZE", "kFalseSharingRange", "L1_BYTES", "CLS"?
bool names_line(std::string_view text);

/// Is it of the form `L - sizeof(X) % L`, which is a whole L where sizeof(X) is a multiple of it?
bool is_missing_modulo(std::string_view bound);

/// Is it twice a constant, or more: "2 * kLine", "kLine * 4"?
bool is_multiple(std::string_view bound);

/// Does it add room to align the address by hand: "n * sizeof(T) + 64", "size + kLine - 1"?
bool has_slack(std::string_view size);

/// Is room to align added to the size of one object: "sizeof(T) + 64"?
bool is_padded_element(std::string_view size);

}  // namespace quarrel
