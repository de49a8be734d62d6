// Which captured threads are kept whole, so that locks can be named later?
#include "collect/exemplar_budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "collect/near_pointers.h"

namespace quarrel {
namespace {

bool is_complete(const Recording& recording, StackId stack) {
  return stack.is_valid() && recording.stacks[stack.value].status == StackStatus::kComplete;
}

Exemplar make_exemplar(uint64_t address, StackId stack, const Capture& capture) {
  Exemplar exemplar{address, stack, capture, {}};
  if (exemplar.capture.bytes.size() > ExemplarBudget::kMaxCaptureBytes)
    exemplar.capture.bytes.resize(ExemplarBudget::kMaxCaptureBytes);
  return exemplar;
}

}  // namespace

bool ExemplarBudget::has_room_for(const Capture& capture) const {
  return total_bytes_ + std::min(capture.bytes.size(), kMaxCaptureBytes) <= kMaxTotalBytes;
}

void ExemplarBudget::add_pointers(const Recording& recording, Exemplar& exemplar) {
  if (recording.run.pid == 0) return;
  if (with_pointers_ >= kMaxWithPointers) {
    ++without_pointers_;
    return;
  }
  ++with_pointers_;
  exemplar.pointers = read_near_pointers(recording.run.pid, exemplar, recording);
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
  const size_t room = stacks_.contains(stack) ? kPerAddress : kNewStacksPerAddress;
  if (kept.size() >= room && !replaces) return;
  if (!has_room_for(capture)) {
    ++refused_;
    return;
  }
  Exemplar exemplar = make_exemplar(address, stack, capture);
  add_pointers(recording, exemplar);
  total_bytes_ += exemplar.capture.bytes.size();
  stacks_.insert(stack);
  if (replaces) kept.erase(incomplete);
  kept.push_back(recording.exemplars.size());
  recording.exemplars.push_back(std::move(exemplar));
}

std::vector<std::string> ExemplarBudget::omissions() const {
  std::vector<std::string> sentences;
  if (refused_ > 0)
    sentences.push_back(fmt::format("{} captures beyond {} MiB were not kept for naming", refused_,
                                    kMaxTotalBytes >> 20));
  if (without_pointers_ > 0)
    sentences.push_back(fmt::format("for {} captures beyond {} no pointers were looked for",
                                    without_pointers_, kMaxWithPointers));
  return sentences;
}

}  // namespace quarrel
