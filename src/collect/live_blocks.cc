// Which of the blocks that live now hold something that several threads want?
#include "collect/live_blocks.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <vector>

#include "collect/kernel_session.h"

namespace quarrel {
namespace {

constexpr uint32_t kBatch = 4096;

/// Calls `visit(address, block)` for every block. By buckets, so that blocks may come and go
/// meanwhile (Linux 5.6).
template <class Visit>
void for_each_block(int map_fd, Visit visit) {
  std::vector<uint64_t> addresses(kBatch);
  std::vector<live_block> blocks(kBatch);
  uint32_t place = 0;
  uint32_t next = 0;
  bool is_first = true;
  for (bool is_last = false; !is_last; is_first = false) {
    uint32_t count = kBatch;
    const int error = bpf_map_lookup_batch(map_fd, is_first ? nullptr : &place, &next,
                                           addresses.data(), blocks.data(), &count, nullptr);
    if (error != 0 && errno != ENOENT) return;
    is_last = error != 0;
    for (uint32_t i = 0; i < count; ++i) visit(addresses[i], blocks[i]);
    place = next;
  }
}

}  // namespace

void LiveBlocks::look(const BlockMaps& maps, uint64_t now_ns, const SharedAddresses& shared,
                      const BlockStacks& stacks) {
  if (shared.is_empty()) return;
  watched_fd_ = maps.watched;
  take_ends();
  for_each_block(maps.live, [&](uint64_t address, const live_block& block) {
    if (block.allocated_ns <= now_ns && shared.touch(address, block.bytes))
      take(address, block, now_ns, stacks);
  });
}

/// Before other blocks of the same address take the place.
void LiveBlocks::take_ends() {
  std::vector<uint64_t> ended;
  for_each_element<uint64_t, watched_block>(
      watched_fd_, [&](uint64_t address, const watched_block& block) {
        if (block.freed_ns == 0) return;
        ended.push_back(address);
        if (const auto kept = kept_.find({address, block.allocated_ns}); kept != kept_.end())
          kept->second.seen_until_ns = block.freed_ns;
      });
  for (const uint64_t address : ended) bpf_map_delete_elem(watched_fd_, &address);
}

void LiveBlocks::take(uint64_t address, const live_block& block, uint64_t now_ns,
                      const BlockStacks& stacks) {
  const Key key{address, block.allocated_ns};
  auto known = kept_.find(key);
  if (known == kept_.end()) {
    if (kept_.size() >= kMostKept) {
      ++refused_;
      return;
    }
    known = kept_.try_emplace(key, Kept{block, stack_of(key, block, stacks), 0}).first;
    const watched_block watched{.allocated_ns = block.allocated_ns, .freed_ns = 0};
    bpf_map_update_elem(watched_fd_, &address, &watched, BPF_ANY);
  }
  known->second.seen_until_ns = now_ns;
}

StackId LiveBlocks::stack_of(const Key& key, const live_block& block, const BlockStacks& stacks) {
  if (block.stack != 0) return stacks.unwound(block.stack);
  const auto capture = captures_.find(key);
  return capture == captures_.end() ? StackId{} : stacks.copied(capture->second);
}

void LiveBlocks::write(Recording& recording, ThreadTable& threads) const {
  recording.heap_blocks.clear();
  for (const auto& [key, kept] : kept_)
    recording.heap_blocks.push_back(
        {.address = key.first,
         .bytes = kept.block.bytes,
         .thread = threads.of(static_cast<int32_t>(kept.block.tid), kept.block.allocated_ns),
         .stack = kept.stack,
         .allocated_ns = kept.block.allocated_ns,
         .seen_until_ns = kept.seen_until_ns});
}

}  // namespace quarrel
