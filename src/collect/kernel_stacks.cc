// Which stacks did the kernel unwind itself, and how long was waited on each?
#include "collect/kernel_stacks.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <tuple>

#include "collect/event_capture.h"
#include "collect/kernel_session.h"

namespace quarrel {
namespace {

// 8 MiB each in the kernel. Programs have a few thousand different stacks in their waits.
constexpr uint32_t kMaxStacks = 8192;
constexpr uint32_t kMaxStackWaits = 65'536;

std::vector<Frame> calls_of(const unwound_stack& stack) {
  std::vector<Frame> calls;
  const uint32_t count = std::min<uint32_t>(stack.frames, UNWIND_MAX_FRAMES);
  for (uint32_t i = 0; i < count; ++i)
    calls.push_back({.caller = {},
                     .pc = stack.pcs[i] & ~UNWIND_INTERRUPTED,
                     .is_return_address = (stack.pcs[i] & UNWIND_INTERRUPTED) == 0});
  return calls;
}

bool stands_before(const WaitStack& a, const WaitStack& b) {
  return std::tie(a.address, a.signature, a.waiter, a.owner, a.stack) <
         std::tie(b.address, b.signature, b.waiter, b.owner, b.stack);
}

}  // namespace

void KernelStacks::set_sizes(const KernelStackMaps& maps, const CollectServices& services) {
  BpfUnwindTables::set_sizes(maps.unwind, services.unwind_tables());
  bpf_map__set_max_entries(maps.stacks, kMaxStacks);
  if (maps.waits != nullptr) bpf_map__set_max_entries(maps.waits, kMaxStackWaits);
}

Result<void> KernelStacks::open(const KernelStackMaps& maps, CollectServices services) {
  services_ = std::move(services);
  TRY_VOID(tables_.open(maps.unwind));
  stacks_fd_ = bpf_map__fd(maps.stacks);
  if (maps.waits != nullptr) waits_fd_ = bpf_map__fd(maps.waits);
  update();
  return {};
}

void KernelStacks::update() {
  if (is_open()) tables_.update(services_.unwind_tables());
}

StackId KernelStacks::stack_of(uint64_t kernel_id) {
  const auto [place, is_new] = known_.try_emplace(kernel_id);
  unwound_stack stack;
  if (is_new && read_element(stacks_fd_, &kernel_id, &stack))
    place->second = services_.add_stack(calls_of(stack));
  return place->second;
}

void KernelStacks::compare(StackId by_kernel, StackId by_copy) {
  if (!by_kernel.is_valid() || !by_copy.is_valid()) return;
  // Copies are bounded in size, which the kernel's walk is not.
  if (services_.recording->stacks[by_copy.value].status != StackStatus::kComplete) return;
  ++compared_;
  if (by_kernel != by_copy) ++different_;
}

uint64_t KernelStacks::write_exact_to(Recording& recording) {
  uint64_t count = 0;
  for_each_element<stack_key, wait_totals>(waits_fd_, [&](const stack_key& key, const auto& sum) {
    count += sum.count;
    recording.wait_stacks.push_back(
        {.address = key.lock.address,
         .signature = signature_from(key.lock.signature),
         .waiter = services_.threads->of(static_cast<int32_t>(key.waiter), recording.run.start_ns),
         .owner = services_.threads->of_ns_tid(static_cast<int32_t>(key.owner)),
         .stack = stack_of(key.stack),
         .samples = sum.count,
         .weight_ns = sum.total_ns,
         .max_ns = sum.max_ns});
  });
  std::sort(recording.wait_stacks.begin(), recording.wait_stacks.end(), stands_before);
  return count;
}

}  // namespace quarrel
