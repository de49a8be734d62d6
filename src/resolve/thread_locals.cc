// Whose thread-local variable stands at an address?
#include "resolve/thread_locals.h"

#include <algorithm>
#include <tuple>

namespace quarrel {

ThreadLocals::ThreadLocals(const Recording& recording) : recording_(recording) {
  const auto& threads = recording.threads;
  for (uint32_t i = 0; i < threads.size(); ++i)
    if (threads[i].fs_base != 0) threads_.push_back({i});
  std::sort(threads_.begin(), threads_.end(), [&](ThreadId left, ThreadId right) {
    const Thread& a = threads[left.value];
    const Thread& b = threads[right.value];
    return std::tie(a.fs_base, a.first_seen_ns, left) < std::tie(b.fs_base, b.first_seen_ns, right);
  });
}

std::optional<ThreadLocalPlace> ThreadLocals::find(uint64_t address) const {
  const auto fs_base_of = [&](ThreadId id) { return recording_.threads[id.value].fs_base; };
  for (const ThreadLocalBlock& block : recording_.thread_local_blocks) {
    const uint64_t highest = address + block.below_fs_base;
    const auto after =
        std::upper_bound(threads_.begin(), threads_.end(), highest,
                         [&](uint64_t value, ThreadId id) { return value < fs_base_of(id); });
    if (after == threads_.begin()) continue;
    const ThreadId last = *std::prev(after);
    const uint64_t offset = highest - fs_base_of(last);
    if (offset >= block.size) continue;
    const auto first =
        std::lower_bound(threads_.begin(), after, fs_base_of(last),
                         [&](ThreadId id, uint64_t value) { return fs_base_of(id) < value; });
    return ThreadLocalPlace{block.module, offset, last, static_cast<size_t>(after - first)};
  }
  return std::nullopt;
}

}  // namespace quarrel
