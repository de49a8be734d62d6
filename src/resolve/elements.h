// Which objects and elements do pointers in memory lead to, and what are they called?
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/recording.h"
#include "resolve/dwarf_types.h"
#include "resolve/live_variables.h"

namespace quarrel {

/// A variable, or what a variable points at, that may hold pointers.
struct PointerOwner {
  std::string name;  ///< of the variable; empty: it says nothing, as `this` of a library function
  uint64_t start = 0;
  uint64_t size = 0;
  PlainType type;
  Dwarf_Die entry{};  ///< whose DW_AT_type it has
};

/// Names for those of the `wanted` addresses (sorted) that lie in objects, arrays or containers to
/// which the owner, or a member of it, points: the field of a record, or "Server::results_[3]". A
/// std::vector has as many elements as lie before its end, an array as many as malloc's block
/// holds. Pointers in what is found are followed as well, three steps far.
std::vector<LiveName> element_names(TypeTable& types, PointerOwner owner,
                                    std::span<const NearPointer> pointers,
                                    std::span<const uint64_t> wanted);

}  // namespace quarrel
