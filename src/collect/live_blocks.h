// Which of the blocks that live now hold something that several threads want?
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "collect/shared_addresses.h"
#include "collect/thread_table.h"
#include "events.h"
#include "model/recording.h"

namespace quarrel {

/// Maps of bpf/allocations.bpf.c.
struct BlockMaps {
  int live = -1;
  int watched = -1;
};

/// How the stack of a block becomes one of the recording.
struct BlockStacks {
  std::function<StackId(uint64_t kernel_id)> unwound;
  std::function<StackId(const Capture&)> copied;
};

/// Looks through the kernel's table of live blocks and keeps those few that matter. A block that
/// stands there belongs to whoever allocated it, and has since: nothing needs to be known of blocks
/// that were freed.
class LiveBlocks {
 public:
  static constexpr size_t kMostKept = 16'384;

  /// Looks at every block of the kernel's table; they are known to have lived at `now_ns`. Of those
  /// that are kept the kernel notes the end.
  void look(const BlockMaps& maps, uint64_t now_ns, const SharedAddresses& shared,
            const BlockStacks& stacks);

  /// The stack of a block that the kernel could not unwind. It is unwound when the block matters.
  void note_capture(uint64_t address, Capture capture) {
    const Key key{address, capture.time_ns};
    captures_[key] = std::move(capture);
  }

  /// Writes Recording::heap_blocks.
  void write(Recording& recording, ThreadTable& threads) const;

  size_t kept() const { return kept_.size(); }
  uint64_t refused() const { return refused_; }  ///< looks at blocks beyond kMostKept

 private:
  using Key = std::pair<uint64_t, uint64_t>;  // address, and when it was allocated
  struct Kept {
    live_block block;
    StackId stack;
    uint64_t seen_until_ns = 0;
  };
  void take_ends();
  void take(uint64_t address, const live_block& block, uint64_t now_ns, const BlockStacks& stacks);
  StackId stack_of(const Key& key, const live_block& block, const BlockStacks& stacks);

  std::map<Key, Kept> kept_;
  int watched_fd_ = -1;
  std::map<Key, Capture> captures_;
  uint64_t refused_ = 0;
};

}  // namespace quarrel
