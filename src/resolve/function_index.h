// Which function, inlined or not, covers an address of a unit?
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "resolve/debug_info.h"

namespace quarrel {

/// Functions by address, indexed unit by unit on the first hit. libdw's own dwarf_getscopes takes
/// milliseconds an address and does not look into namespaces, where clang puts definitions.
class FunctionIndex {
 public:
  explicit FunctionIndex(const DebugInfo& info) : info_(info) {}

  /// Inlined functions innermost first, then the function that they were inlined into. Empty if no
  /// function covers the address.
  std::vector<Dwarf_Die> chain_at(size_t unit, uint64_t address);

 private:
  struct Interval {
    uint64_t start = 0;
    uint64_t end = 0;
    uint64_t furthest_end = 0;  ///< largest end of this and all earlier intervals
    uint32_t depth = 0;         ///< 0: a function; else the nesting of inlining
    Dwarf_Die die{};
  };
  using Intervals = std::vector<Interval>;

  const Intervals& intervals_of(size_t unit);
  static void collect(Dwarf_Die& parent, uint32_t depth, int level, Intervals& intervals);

  const DebugInfo& info_;
  std::unordered_map<size_t, Intervals> units_;
};

}  // namespace quarrel
