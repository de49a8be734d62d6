// Which debug registers cover some bytes, and how many hits does the budget allow?
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "model/watch_target.h"

namespace quarrel {

/// What one debug register can watch: 1, 2, 4 or 8 bytes at a multiple of their number.
struct WatchSlot {
  uint64_t address = 0;
  uint8_t size = 0;

  auto operator<=>(const WatchSlot&) const = default;
};

/// Debug registers that a thread has on x86-64.
inline constexpr size_t kWatchSlots = 4;

/// Slots that cover the bytes, in their order. Where a slot before covers their beginning they go
/// on behind it; nothing beyond the bytes is watched.
std::vector<WatchSlot> slots_for(const std::vector<SuspectBytes>& bytes);

/// Every hit holds up a thread of the target.
struct WatchBudget {
  uint64_t hit_ns = 0;    ///< what one hit costs on this host
  uint64_t total_ns = 0;  ///< for the whole run
  uint64_t hits = 0;      ///< so far

  /// At most the total, and never more than one hundredth of the time since the beginning.
  uint64_t hits_left(uint64_t elapsed_ns) const;
  bool is_used_up() const { return hits_left(UINT64_MAX) == 0; }
};

/// How many hits each of so many watchpoints may have, at most kMaxHitsEach; 0: not even one.
uint32_t hits_for_each(uint64_t hits_left, uint64_t watchpoints);
inline constexpr uint32_t kMaxHitsEach = 20;

}  // namespace quarrel
