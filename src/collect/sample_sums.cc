// What becomes of CPU samples: addresses counted, examples kept?
#include "collect/sample_sums.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr uint64_t kLineBytes = 64;
// A line that was met less often is not going to be reported; one that was met this often has had
// its chances.
constexpr uint32_t kFirstExemplarTouch = 4;
constexpr uint32_t kLastExemplarTouch = 64;
constexpr size_t kMaxCountedLines = 1 << 20;

/// What others may use too says more than the guard of the stack, which functions read on their way
/// in and out (fs:0x28).
const MemoryAccess& most_telling(const std::vector<MemoryAccess>& accesses) {
  const auto found = std::find_if(accesses.begin(), accesses.end(),
                                  [](const MemoryAccess& one) { return !one.is_own_stack; });
  return found != accesses.end() ? *found : accesses.front();
}

}  // namespace

void SampleSums::add_sample(const LineSample& sample, const Capture& capture,
                            Recording& recording) {
  if (sample.accesses.empty()) {
    ++without_address;
    return;
  }
  ++with_address;
  const uint64_t address = most_telling(sample.accesses).address;
  const uint64_t line = address / kLineBytes;
  if (touches_.size() >= kMaxCountedLines && !touches_.contains(line)) return;
  const uint32_t touches = ++touches_[line];
  if (touches >= kFirstExemplarTouch && touches <= kLastExemplarTouch)
    exemplars_.offer(recording, address, sample.stack, capture);
}

}  // namespace quarrel
