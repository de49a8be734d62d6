// Which words does a name consist of?
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// In lower case, split at capitals and at everything that is no letter or digit; numbers at the
/// end of a word are dropped: "m_prePad2" -> m, pre, pad; "CACHE_LINE_SIZE" -> cache, line, size.
std::vector<std::string> words_of(std::string_view name);

bool has_any_word(std::string_view name, std::span<const std::string_view> words);

}  // namespace quarrel
