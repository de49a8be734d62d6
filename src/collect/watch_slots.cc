// Which debug registers cover some bytes, and how many hits does the budget allow?
#include "collect/watch_slots.h"

#include <algorithm>

namespace quarrel {
namespace {

/// Of a longer access (a copy, a vector) the beginning is watched.
constexpr uint32_t kMaxBytes = 32;
constexpr uint64_t kShareOfTime = 100;

uint8_t largest_slot_at(uint64_t address, uint64_t bytes) {
  uint8_t size = 8;
  while (size > bytes || address % size != 0) size /= 2;
  return size;
}

}  // namespace

std::vector<WatchSlot> slots_for(const std::vector<SuspectBytes>& bytes) {
  std::vector<WatchSlot> slots;
  for (const SuspectBytes& range : bytes) {
    const uint64_t end = range.address + std::min(range.size, kMaxBytes);
    for (uint64_t at = range.address; at < end;) {
      const auto known = std::find_if(slots.begin(), slots.end(), [&](const WatchSlot& slot) {
        return at >= slot.address && at < slot.address + slot.size;
      });
      const bool is_known = known != slots.end();
      const WatchSlot slot = is_known ? *known : WatchSlot{at, largest_slot_at(at, end - at)};
      if (!is_known) slots.push_back(slot);
      at = slot.address + slot.size;
    }
  }
  return slots;
}

uint64_t WatchBudget::hits_left(uint64_t elapsed_ns) const {
  const uint64_t allowed =
      std::min(total_ns, elapsed_ns / kShareOfTime) / std::max<uint64_t>(1, hit_ns);
  return allowed > hits ? allowed - hits : 0;
}

uint32_t hits_for_each(uint64_t hits_left, uint64_t watchpoints) {
  if (watchpoints == 0) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(kMaxHitsEach, hits_left / watchpoints));
}

}  // namespace quarrel
