// Which locks of the kernel do the target's threads wait for, and in which of their calls?
//
// bpf/kernel_locks.bpf.c adds up every wait by lock, kind and path in the kernel; some waits, the
// more likely the longer, come with the user's stack. Only on request: threads of few programs
// fight over the kernel (mmap and page faults, one file, one socket).
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>

#include "base/check.h"
#include "collect/availability.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/event_capture.h"
#include "collect/kernel_session.h"
#include "collect/kernel_symbols.h"
#include "collect/program_cost.h"
#include "kernel_locks.skel.h"

namespace quarrel {
namespace {

constexpr uint64_t kNsPerS = 1'000'000'000;
constexpr size_t kMaxKernelFrames = 12;  // as in bpf/kernel_locks.bpf.c

struct SkeletonFree {
  void operator()(kernel_locks_bpf* skeleton) const { kernel_locks_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<kernel_locks_bpf, SkeletonFree>;

Result<Skeleton> load_programs(const TargetFilter& filter, uint32_t stack_bytes) {
  const LibbpfLog log;
  Skeleton skeleton(kernel_locks_bpf__open());
  if (!skeleton) return log.describe("opening the kernel_locks programs", errno);
  set_target(*skeleton, filter);
  skeleton->rodata->stack_limit = stack_bytes;
  if (const int error = kernel_locks_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the kernel_locks programs (lock:contention_begin, Linux 5.19)",
                        -error);
  return skeleton;
}

class KernelLocks final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t) override {
    skeleton_->bss->is_recording = 1;
    program_cost_.start({skeleton_->progs.on_begin, skeleton_->progs.on_end});
  }
  void end(uint64_t) override { skeleton_->bss->is_recording = 0; }
  void poll() override;
  void stop() override;
  void checkpoint() override;

 private:
  using StackKey = std::tuple<uint64_t, std::string, ThreadId, StackId>;

  void allow_captures();
  void take_event(const void* bytes, size_t size);
  const std::string& caller_of(uint64_t kernel_stack);
  void write_results(bool is_final);
  uint64_t write_waits();
  void write_stacks();
  void write_wait_coverage(const kernel_lock_counters& counts, uint64_t attributed, bool is_final);
  void write_stack_coverage(const kernel_lock_counters& counts, bool is_final);

  CollectOptions options_;
  CollectServices services_;
  Skeleton skeleton_;
  EventRing ring_;
  ProgramCost program_cost_;
  KernelSymbols symbols_;
  std::map<uint64_t, std::string> callers_;
  std::map<StackKey, KernelLockStack> stacks_;
  uint64_t complete_ = 0;
  uint64_t incomplete_ = 0;
  uint64_t own_cpu_ns_ = 0;
  uint64_t polled_at_ns_ = 0;
  bool is_running_ = false;
};

Result<void> KernelLocks::start(const CollectOptions& options, CollectServices services) {
  options_ = options;
  services_ = std::move(services);
  TRY(skeleton_, load_programs(filter_for(services_.target->pid), options_.stack_bytes));
  TRY_VOID(ring_.open(bpf_map__fd(skeleton_->maps.kernel_lock_events),
                      [this](const void* bytes, size_t size) { take_event(bytes, size); }));
  symbols_ = KernelSymbols::read();
  const LibbpfLog log;
  if (const int error = kernel_locks_bpf__attach(skeleton_.get()); error != 0)
    return log.describe("attaching to lock:contention_begin", -error);
  polled_at_ns_ = monotonic_ns();
  is_running_ = true;
  return {};
}

/// At most a tenth of a second's worth at once, so that a burst does not hold locks up.
void KernelLocks::allow_captures() {
  const uint64_t now = monotonic_ns();
  const int64_t most = std::max<int64_t>(1, options_.max_captures_per_s / 10);
  const auto earned =
      static_cast<int64_t>((now - polled_at_ns_) * options_.max_captures_per_s / kNsPerS);
  if (earned == 0) return;
  polled_at_ns_ = now;
  volatile auto& left = skeleton_->bss->captures_left;
  left = std::min(most, std::max<int64_t>(0, left) + earned);
}

void KernelLocks::poll() {
  if (!is_running_) return;
  program_cost_.poll();
  const uint64_t cpu_before = thread_cpu_ns();
  allow_captures();
  ring_.take_turn();
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

void KernelLocks::take_event(const void* bytes, size_t size) {
  kernel_lock_event event;
  CHECK(size >= sizeof(event));
  std::memcpy(&event, bytes, sizeof(event));
  CHECK(event.capture.stack_bytes == size - sizeof(event));
  const Capture capture =
      capture_from(event.capture, static_cast<const uint8_t*>(bytes) + sizeof(event));
  Recording& recording = *services_.recording;
  const ThreadId thread = services_.threads->of(capture);
  const StackId stack = services_.unwind(capture);
  const bool is_complete =
      stack.is_valid() && recording.stacks[stack.value].status == StackStatus::kComplete;
  ++(is_complete ? complete_ : incomplete_);
  const std::string& caller = caller_of(event.lock.kernel_stack);
  KernelLockStack& sum = stacks_[{event.lock.address, caller, thread, stack}];
  sum = {
      event.lock.address, caller, thread, stack, sum.samples + 1, sum.weight_ns + event.weight_ns};
}

const std::string& KernelLocks::caller_of(uint64_t kernel_stack) {
  auto [place, is_new] = callers_.try_emplace(kernel_stack);
  std::array<uint64_t, kMaxKernelFrames> stack{};
  const int map = bpf_map__fd(skeleton_->maps.stack_table);
  if (is_new && kernel_stack != 0 && bpf_map_lookup_elem(map, &kernel_stack, stack.data()) == 0)
    place->second = symbols_.lock_caller(stack);
  return place->second;
}

void KernelLocks::checkpoint() {
  if (!is_running_) return;
  poll();
  write_results(false);
}

void KernelLocks::stop() {
  if (!is_running_) return;
  kernel_locks_bpf__detach(skeleton_.get());
  wait_for_running_programs();
  ring_.drain();
  write_results(true);
  is_running_ = false;
}

void KernelLocks::write_results(bool is_final) {
  const auto counts =
      read_counters<kernel_lock_counters>(bpf_map__fd(skeleton_->maps.kernel_lock_counts));
  const uint64_t attributed = write_waits();
  write_stacks();
  write_wait_coverage(counts, attributed, is_final);
  write_stack_coverage(counts, is_final);
}

/// Paths in the kernel that have one caller are one row. Returns the sum of waits.
uint64_t KernelLocks::write_waits() {
  std::map<std::tuple<uint64_t, uint32_t, std::string>, KernelLockWait> sums;
  uint64_t waits = 0;
  for_each_element<kernel_lock_key, wait_totals>(
      bpf_map__fd(skeleton_->maps.kernel_waits),
      [&](const kernel_lock_key& key, const wait_totals& totals) {
        const std::string& caller = caller_of(key.kernel_stack);
        KernelLockWait& sum = sums[{key.address, key.flags, caller}];
        sum = {key.address,
               key.flags,
               sum.is_mmap_lock || key.is_mmap_lock != 0,
               caller,
               sum.count + totals.count,
               sum.total_ns + totals.total_ns,
               std::max<uint64_t>(sum.max_ns, totals.max_ns)};
        waits += totals.count;
      });
  auto& rows = services_.recording->kernel_lock_waits;
  rows.clear();
  for (auto& [key, sum] : sums) rows.push_back(std::move(sum));
  return waits;
}

void KernelLocks::write_stacks() {
  auto& rows = services_.recording->kernel_lock_stacks;
  rows.clear();
  for (const auto& [key, sum] : stacks_) rows.push_back(sum);
}

/// While the programs run, their counters move on between two reads.
void KernelLocks::write_wait_coverage(const kernel_lock_counters& counts, uint64_t attributed,
                                      bool is_final) {
  Coverage& row = coverage_row(*services_.recording, "kernel_locks", "waits for kernel locks");
  row.state = CollectorState::kOn;
  row.reason.clear();
  row.lost.clear();
  row.attributed = attributed;
  row.seen = is_final ? counts.ended : attributed + counts.start_unseen + counts.wait_table_full;
  add_loss(row, "start not seen", counts.start_unseen);
  add_loss(row, "table of locks full", counts.wait_table_full);
  if (counts.without_kernel_stack > 0)
    add_reason(row, fmt::format("{} waits began without a path in the kernel",
                                counts.without_kernel_stack));
  row.own_cost_ns = own_cpu_ns_ + program_cost_.total_ns();
  CHECK(coverage_holds(row));
}

void KernelLocks::write_stack_coverage(const kernel_lock_counters& counts, bool is_final) {
  Coverage& row = coverage_row(*services_.recording, "kernel_lock_stacks", "captured waits");
  row.state = CollectorState::kOn;
  row.lost.clear();
  row.attributed = complete_;
  row.unresolved = incomplete_;
  row.seen = is_final ? counts.captures : complete_ + incomplete_ + counts.capture_ring_full;
  add_loss(row, "ring buffer full", counts.capture_ring_full);
  CHECK(coverage_holds(row));
}

Availability probe() {
  return probe_program([] { return load_programs({}, MAX_STACK_BYTES); });
}

const Registration<CollectorInfo> kKernelLocks{
    {.name = "kernel_locks",
     .summary = "waits for locks of the kernel, by caller (on request: --collectors)",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<KernelLocks>()); },
     .is_opt_in = true}};

}  // namespace
}  // namespace quarrel
