// Which words make up a name?
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// The words of the unqualified name in lower case, split at '_', at capitals and at digits:
/// "Pool::ResetStats" -> reset, stats; "MAX_THREADS" -> max, threads.
std::vector<std::string> words_of(std::string_view name);

/// Is one of these (lower case) among them?
bool has_word(std::string_view name, std::span<const std::string_view> words);

/// The identifiers in a piece of source text, in order: "q->cells[i % N]" -> q, cells, i, N.
std::vector<std::string_view> identifiers_in(std::string_view text);

}  // namespace quarrel
