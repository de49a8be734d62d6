// Which mapping of the target holds an address?
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// `mappings` are sorted by start, as Recording has them. Null if none holds the address.
inline const Mapping* mapping_at(const std::vector<Mapping>& mappings, uint64_t address) {
  const auto after = std::upper_bound(
      mappings.begin(), mappings.end(), address,
      [](uint64_t wanted, const Mapping& mapping) { return wanted < mapping.start; });
  if (after == mappings.begin()) return nullptr;
  const Mapping& mapping = *std::prev(after);
  return address < mapping.end ? &mapping : nullptr;
}

/// The same for code.
inline const Mapping* executable_mapping_at(const std::vector<Mapping>& mappings,
                                            uint64_t address) {
  const Mapping* mapping = mapping_at(mappings, address);
  return mapping != nullptr && mapping->is_executable ? mapping : nullptr;
}

}  // namespace quarrel
