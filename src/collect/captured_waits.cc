// Where did threads wait: by stack, longest, and when?
#include "collect/captured_waits.h"

#include <algorithm>

namespace quarrel {
namespace {

bool is_longer(const LongWait& a, const LongWait& b) {
  return std::tie(b.wait_ns, a.start_ns, a.waiter) < std::tie(a.wait_ns, b.start_ns, b.waiter);
}

}  // namespace

void CapturedWaits::add(const CapturedWait& wait, Recording& recording) {
  if (!wait.is_example) add_to_stack(wait);
  add_to_slice(wait, recording.run.start_ns);
  if (wait.wants_a_lock) add_to_longest(wait);
  if (!wait.capture.bytes.empty())
    exemplars_.offer(recording, wait.address, wait.stack, wait.capture);
}

void CapturedWaits::add_wake(const WakeStack& wake) {
  auto [sum, is_new] = wakes_.try_emplace({wake.address, wake.waker, wake.stack}, wake);
  if (is_new) return;
  sum->second.samples += wake.samples;
  sum->second.weight_ns += wake.weight_ns;
}

void CapturedWaits::add_to_stack(const CapturedWait& wait) {
  WaitStack& sum = stacks_[{wait.address, wait.signature, wait.waiter, wait.owner, wait.stack}];
  sum.address = wait.address;
  sum.signature = wait.signature;
  sum.waiter = wait.waiter;
  sum.owner = wait.owner;
  sum.stack = wait.stack;
  sum.samples += 1;
  sum.weight_ns += wait.weight_ns;
  sum.max_ns = std::max(sum.max_ns, wait.wait_ns);
}

void CapturedWaits::add_to_slice(const CapturedWait& wait, uint64_t run_start_ns) {
  if (wait.weight_ns == 0 || wait.capture.time_ns < run_start_ns) return;
  const auto slice = static_cast<uint32_t>((wait.capture.time_ns - run_start_ns) / kWaitSliceNs);
  const std::pair key{wait.address, slice};
  if (slices_.size() >= kMaxSlices && !slices_.contains(key)) {
    ++refused_slices_;
    return;
  }
  slices_[key] += wait.weight_ns;
}

void CapturedWaits::add_to_longest(const CapturedWait& wait) {
  // A wait of several calls may be captured at each of them: the last one tells all of it.
  const uint64_t start_ns = wait.capture.time_ns - wait.wait_ns;
  std::erase_if(longest_, [&](const LongWait& other) {
    return other.waiter == wait.waiter && other.address == wait.address &&
           other.start_ns + other.wait_ns > start_ns;
  });
  std::make_heap(longest_.begin(), longest_.end(), is_longer);
  longest_.push_back({wait.address, wait.waiter, wait.owner, wait.stack, start_ns, wait.wait_ns});
  std::push_heap(longest_.begin(), longest_.end(), is_longer);
  if (longest_.size() <= kLongWaits) return;
  std::pop_heap(longest_.begin(), longest_.end(), is_longer);
  longest_.pop_back();
}

void CapturedWaits::write_to(Recording& recording) const {
  recording.wait_stacks.clear();
  for (const auto& [key, sum] : stacks_) recording.wait_stacks.push_back(sum);
  recording.wake_stacks.clear();
  for (const auto& [key, sum] : wakes_) recording.wake_stacks.push_back(sum);
  recording.wait_slices.clear();
  for (const auto& [key, wait_ns] : slices_)
    recording.wait_slices.push_back({key.first, key.second, wait_ns});
  recording.long_waits = longest_;
  std::sort(recording.long_waits.begin(), recording.long_waits.end(), is_longer);
}

}  // namespace quarrel
