// Which identifiers does a piece of source text name?
#pragma once

#include <string_view>
#include <vector>

namespace quarrel {

bool is_identifier_part(char letter);

/// In order: "q->cells[i % N]" -> q, cells, i, N.
std::vector<std::string_view> identifiers_in(std::string_view text);

/// Is this one of them?
bool mentions(std::string_view text, std::string_view identifier);

/// Without its scope, template arguments and parameters: "a::Pool<b::C>::get" -> get.
std::string_view simple_name(std::string_view qualified);

}  // namespace quarrel
