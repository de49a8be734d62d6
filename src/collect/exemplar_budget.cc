// Which captured threads are kept whole, so that locks can be named later?
#include "collect/exemplar_budget.h"

#include <algorithm>

namespace quarrel {
namespace {

bool is_complete(const Recording& recording, StackId stack) {
  return stack.is_valid() && recording.stacks[stack.value].status == StackStatus::kComplete;
}

Exemplar make_exemplar(uint64_t address, StackId stack, const Capture& capture) {
  Exemplar exemplar{address, stack, capture};
  if (exemplar.capture.bytes.size() > ExemplarBudget::kMaxCaptureBytes)
    exemplar.capture.bytes.resize(ExemplarBudget::kMaxCaptureBytes);
  return exemplar;
}

}  // namespace

bool ExemplarBudget::has_room_for(const Capture& capture) const {
  return total_bytes_ + std::min(capture.bytes.size(), kMaxCaptureBytes) <= kMaxTotalBytes;
}

void ExemplarBudget::offer(Recording& recording, uint64_t address, StackId stack,
                           const Capture& capture) {
  std::vector<size_t>& kept = kept_[address];
  const auto same_stack = [&](size_t index) { return recording.exemplars[index].stack == stack; };
  if (std::any_of(kept.begin(), kept.end(), same_stack)) return;
  const auto incomplete = std::find_if(kept.begin(), kept.end(), [&](size_t index) {
    return !is_complete(recording, recording.exemplars[index].stack);
  });
  const bool replaces = incomplete != kept.end() && is_complete(recording, stack);
  if (kept.size() >= kPerAddress && !replaces) return;
  if (!has_room_for(capture)) {
    ++refused_;
    return;
  }
  Exemplar exemplar = make_exemplar(address, stack, capture);
  total_bytes_ += exemplar.capture.bytes.size();
  if (replaces) {
    total_bytes_ -= recording.exemplars[*incomplete].capture.bytes.size();
    recording.exemplars[*incomplete] = std::move(exemplar);
    return;
  }
  kept.push_back(recording.exemplars.size());
  recording.exemplars.push_back(std::move(exemplar));
}

}  // namespace quarrel
