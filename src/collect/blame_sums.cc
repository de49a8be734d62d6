// Where did the holders of locks stand while others waited?
#include "collect/blame_sums.h"

#include <algorithm>

namespace quarrel {

void BlameSums::add(const Blame& sample, const Recording& recording) {
  const bool is_complete = sample.stack.is_valid() &&
                           recording.stacks[sample.stack.value].status == StackStatus::kComplete;
  ++(is_complete ? complete_ : incomplete_);
  auto [sum, is_new] = sums_.try_emplace(key_of(sample), sample);
  if (is_new) return;
  sum->second.samples += sample.samples;
  sum->second.waiter_ns += sample.waiter_ns;
}

void BlameSums::write_to(Recording& recording) const {
  const bool is_on_cpu = seen_ == SeenHolders::kOnCpu;
  std::erase_if(recording.blames, [is_on_cpu](const Blame& blame) {
    return (blame.state == HolderState::kRunning) == is_on_cpu;
  });
  for (const auto& [key, sum] : sums_) recording.blames.push_back(sum);
  std::sort(recording.blames.begin(), recording.blames.end(),
            [](const Blame& a, const Blame& b) { return key_of(a) < key_of(b); });
}

}  // namespace quarrel
