// Which names are known already when the same session is named once more?
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>

#include "model/profile.h"

namespace quarrel {

/// Kept between calls of resolve() on growing copies of one recording, so that files are read only
/// for what is new. Used by one call at a time.
struct NameCache {
  /// A data address is asked for again until it has a name, but not forever: each time costs as
  /// much as the first.
  static constexpr int kMaxTries = 3;

  struct Data {
    DataObject object;
    int tries = 0;
  };

  bool is_settled(uint64_t address) const {
    auto found = data.find(address);
    return found != data.end() && (found->second.object.source != NameSource::kUnknown ||
                                   found->second.tries >= kMaxTries);
  }

  /// By address in the target and call adjustment.
  std::map<std::pair<uint64_t, uint64_t>, ResolvedFrame> code;
  std::unordered_map<uint64_t, Data> data;
};

}  // namespace quarrel
