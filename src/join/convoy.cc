// Is a lock a convoy: a standing queue that waits for the lock to be handed over, not for work?
#include "join/convoy.h"

#include <algorithm>

namespace quarrel {
namespace {

/// How long a queue stood, from the first slice with waiting to the last.
struct Queue {
  size_t slices = 0;
  size_t long_slices = 0;  ///< with kConvoyQueue threads or more on average
  double length = 0;       ///< mean
};

Queue queue_of(const LockEvidence& evidence) {
  Queue queue;
  if (evidence.waited_in_slice.empty()) return queue;
  const uint32_t first = evidence.waited_in_slice.begin()->first;
  const uint32_t last = evidence.waited_in_slice.rbegin()->first;
  queue.slices = size_t{last} - first + 1;
  double all_ns = 0;
  for (const auto& [slice, ns] : evidence.waited_in_slice) {
    const double length = static_cast<double>(ns) / static_cast<double>(kWaitSliceNs);
    all_ns += static_cast<double>(ns);
    // The first and the last slice are begun and ended by the run.
    const bool is_edge = slice == first || slice == last;
    if (length >= (is_edge ? kConvoyQueue / 2 : kConvoyQueue)) ++queue.long_slices;
  }
  queue.length = all_ns / (static_cast<double>(queue.slices) * static_cast<double>(kWaitSliceNs));
  return queue;
}

}  // namespace

std::optional<Convoy> find_convoy(const LockEvidence& evidence) {
  const Waits& waits = evidence.waits;
  // Several objects have a queue each, and nobody counted these apart.
  if (evidence.locks.size() > 1) return std::nullopt;
  if (waits.count < kConvoyWaits || waits.total_ns == 0) return std::nullopt;
  const auto total = static_cast<double>(waits.total_ns);
  const double handoff = std::min(1.0, static_cast<double>(evidence.handoff_ns) / total);
  const Queue queue = queue_of(evidence);
  if (queue.slices < kConvoySlices || queue.length < kConvoyQueue) return std::nullopt;
  const double persistence =
      static_cast<double>(queue.long_slices) / static_cast<double>(queue.slices);
  if (persistence < kConvoyPersistence || handoff < kConvoyHandoff) return std::nullopt;
  const auto count = static_cast<double>(waits.count);
  // While one thread holds it the whole queue waits: its time divides the waiters' time.
  const auto held_ns = static_cast<double>(evidence.all_held_ns().total());
  return Convoy{.queue = queue.length,
                .persistence = persistence,
                .handoff_share = handoff,
                .held_ns = held_ns / queue.length / count,
                .waited_ns = total / count,
                .wakes_per_wait = static_cast<double>(waits.wakes) / count};
}

}  // namespace quarrel
