// Which block of the heap stood at an address, at a moment?
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// `blocks` are sorted as Recording has them. Null if no block is known to have stood there
/// then: blocks that were not seen, or not seen any more, are not guessed.
inline const HeapBlock* heap_block_at(const std::vector<HeapBlock>& blocks, uint64_t address,
                                      uint64_t time_ns) {
  auto after = std::upper_bound(
      blocks.begin(), blocks.end(), address,
      [](uint64_t wanted, const HeapBlock& block) { return wanted < block.address; });
  // Blocks that lived at different times may overlap, and begin elsewhere.
  constexpr int kMaxLookedAt = 64;
  for (int i = 0; i < kMaxLookedAt && after != blocks.begin(); ++i) {
    const HeapBlock& block = *--after;
    const bool holds = address - block.address < block.bytes;
    if (holds && block.allocated_ns <= time_ns && time_ns <= block.seen_until_ns) return &block;
  }
  return nullptr;
}

}  // namespace quarrel
