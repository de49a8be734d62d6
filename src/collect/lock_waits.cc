// How long do the threads of the target sleep for each lock, who has it, and where do they stand?
//
// The kernel side (bpf/lock_waits.bpf.c) counts every blocking wait exactly and captures a sample
// of them; this side drains the captures, unwinds them, and holds their rate within the budget.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "base/check.h"
#include "collect/availability.h"
#include "collect/blame_sums.h"
#include "collect/capture_rate.h"
#include "collect/captured_waits.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/event_capture.h"
#include "collect/kernel_session.h"
#include "collect/kernel_stacks.h"
#include "collect/lock_memory.h"
#include "collect/lock_tables.h"
#include "collect/lock_wait_coverage.h"
#include "collect/lock_wait_totals.h"
#include "collect/mapped_array.h"
#include "collect/perf_events.h"
#include "collect/program_cost.h"
#include "collect/thread_states.h"
#include "collect/tracefs.h"
#include "lock_wait_decisions.h"
#include "lock_waits.skel.h"

namespace quarrel {
namespace {

// Long enough to count a rate, short enough to stop a flood.
constexpr uint64_t kAdaptEveryNs = 100'000'000;
// A second, while unwinding does not keep up (a busy machine, deep stacks).
constexpr uint32_t kCapturesWhenBehind = 100;

struct SkeletonFree {
  void operator()(lock_waits_bpf* skeleton) const { lock_waits_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<lock_waits_bpf, SkeletonFree>;

static_assert(CaptureThreshold::kMaxNs == MAX_THRESHOLD_NS);
static_assert(int{STACKS_UNWOUND} == int(WaitStackMode::kUnwound));
static_assert(int{STACKS_EXACT} == int(WaitStackMode::kExact));

KernelStackMaps kernel_stack_maps(lock_waits_bpf& skeleton) {
  const auto& maps = skeleton.maps;
  return {.unwind = {.rows = maps.unwind_rows,
                     .rules = maps.unwind_rules,
                     .mappings = maps.unwind_mappings,
                     .generation = &skeleton.bss->unwind_generation,
                     .mapping_count = skeleton.bss->unwind_mapping_count},
          .stacks = maps.unwound_stacks,
          .waits = maps.stack_waits};
}

/// Before the load.
void set_sizes(lock_waits_bpf& skeleton, const CollectOptions& options) {
  set_lock_slots(skeleton, options.max_locks);
  set_wait_slots(skeleton, options.max_locks);
  set_holder_slots(skeleton, options.max_locks);
  // Twice the budget, in a slot.
  skeleton.rodata->max_captures_per_slot =
      std::max(8u, 2 * options.max_captures_per_s >> (30 - CAPTURE_SLOT_SHIFT));
}

/// With a mode other than kCopied, `services` must be able to give tables.
Result<Skeleton> load_programs(const TargetFilter& filter, const CollectOptions& options,
                               WaitStackMode mode, const CollectServices& services) {
  const LibbpfLog log;
  Skeleton skeleton(lock_waits_bpf__open());
  if (!skeleton) return log.describe("opening the lock_waits programs", errno);
  set_target(*skeleton, filter);
  set_sizes(*skeleton, options);
  skeleton->rodata->stack_limit = options.stack_bytes;
  skeleton->rodata->stack_mode = static_cast<uint32_t>(mode);
  skeleton->data->threshold_ns = CaptureThreshold::kStartNs;
  if (mode != WaitStackMode::kCopied)
    KernelStacks::set_sizes(kernel_stack_maps(*skeleton), services);
  TRY_VOID(adopt_shared_map(*services.shared_maps, skeleton->maps.locks));
  TRY_VOID(adopt_shared_map(*services.shared_maps, skeleton->maps.threads));
  TRY_VOID(adopt_shared_map(*services.shared_maps, skeleton->maps.running));
  if (const int error = lock_waits_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the lock_waits programs", -error);
  return skeleton;
}

/// Ends of system calls. All but the first exist on newer kernels only.
constexpr std::array<const char*, 4> kCallEnds = {
    "syscalls/sys_exit_futex", "syscalls/sys_exit_futex_wait", "syscalls/sys_exit_futex_wake",
    "syscalls/sys_exit_futex_waitv"};

Result<std::map<std::string, uint64_t>> find_call_ends() {
  TRY(auto ids, read_tracepoint_ids({kCallEnds.begin(), kCallEnds.end()}));
  if (!ids.contains(kCallEnds[0]))
    return Error{fmt::format("the kernel has no tracepoint {}; it needs CONFIG_FTRACE_SYSCALLS=y",
                             kCallEnds[0])};
  return ids;
}

class LockWaits final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t now_ns) override;
  void end(uint64_t now_ns) override;
  void poll() override;
  void stop() override;
  void checkpoint() override;
  void mappings_changed() override { kernel_stacks_.update(); }

 private:
  Result<void> load();
  Result<void> attach();
  Result<void> attach_scheduler_events();
  void look_at_threads();
  void note_thread_locals();
  void sample_sleeping_holders();
  void take_event(const void* bytes, size_t size);
  void take_open_waits();
  void take_wait(const wait_event& event, const uint8_t* stack);
  void take_wake(const wait_event& event, const uint8_t* stack);
  StackId stack_of(const wait_event& event, const Capture& capture);
  bool is_complete(StackId stack) const;
  CapturedWait describe(const wait_event& event, const uint8_t* stack);
  void adapt_capture_rate();
  void write_results(uint64_t open_until_ns);
  void write_stack_coverage(const lock_wait_counters& counters);
  LockWaitMaps maps() const;
  lock_wait_counters counters() const;

  CollectOptions options_;
  CollectServices services_;
  TargetFilter filter_;
  Skeleton skeleton_;
  MappedArray waits_;
  MappedArray holder_times_;
  MappedArray locks_;
  MappedArray threads_;
  ThreadStates states_;
  std::string no_states_because_;
  uint64_t began_before_ = 0;
  std::vector<Fd> attached_;
  std::vector<std::unique_ptr<bpf_link, decltype(&bpf_link__destroy)>> links_;
  ProgramCost program_cost_;
  EventRing ring_;
  KernelStacks kernel_stacks_;
  std::string no_kernel_stacks_because_;
  uint64_t exact_waits_ = 0;
  CapturedWaits captured_;
  BlameSums holders_{SeenHolders::kOffCpu};
  uint64_t sampled_at_ns_ = 0;
  uint64_t complete_wakes_ = 0;
  uint64_t incomplete_wakes_ = 0;
  LockMemoryReader memory_;
  uint64_t complete_stacks_ = 0;
  uint64_t incomplete_stacks_ = 0;
  uint64_t open_stacks_ = 0;
  uint64_t adapted_at_ns_ = 0;
  uint64_t adapted_captures_ = 0;
  uint64_t own_cpu_ns_ = 0;
  uint64_t ended_ns_ = 0;
  bool is_behind_ = false;  ///< captures came faster than they could be unwound
  bool is_running_ = false;
};

Result<void> LockWaits::start(const CollectOptions& options, CollectServices services) {
  options_ = options;
  services_ = std::move(services);
  filter_ = filter_for(services_.target->pid);
  TRY_VOID(load());
  const auto& maps = skeleton_->maps;
  TRY_VOID(waits_.open(maps.waits));
  TRY_VOID(holder_times_.open(maps.holder_times));
  TRY_VOID(locks_.open(maps.locks));
  TRY_VOID(threads_.open(maps.threads));
  TRY_VOID(ring_.open(bpf_map__fd(skeleton_->maps.events),
                      [this](const void* bytes, size_t size) { take_event(bytes, size); }));
  TRY_VOID(attach());
  // Only now: what nobody keeps up to date is of no use to others.
  for (const bpf_map* map : {maps.locks, maps.threads, maps.holder_times, maps.counters,
                             maps.sleeping_holders, maps.running})
    share_map(*services_.shared_maps, map);
  look_at_threads();
  adapted_at_ns_ = monotonic_ns();
  sampled_at_ns_ = adapted_at_ns_;
  is_running_ = true;
  return {};
}

void LockWaits::begin(uint64_t now_ns) {
  skeleton_->bss->begins_ns = now_ns;
  const auto& programs = skeleton_->progs;
  program_cost_.start(
      {programs.exit_futex, programs.on_switch, programs.on_waking, programs.on_thread_exit});
}

/// Kernels before 5.17 cannot walk a stack: there, copies are taken as if nothing else were asked.
Result<void> LockWaits::load() {
  if (options_.wait_stacks != WaitStackMode::kCopied) {
    auto loaded = load_programs(filter_, options_, options_.wait_stacks, services_);
    if (loaded) {
      skeleton_ = std::move(*loaded);
      return kernel_stacks_.open(kernel_stack_maps(*skeleton_), services_);
    }
    no_kernel_stacks_because_ = loaded.error().message;
  }
  TRY(skeleton_, load_programs(filter_, options_, WaitStackMode::kCopied, services_));
  return {};
}

/// Without the iterator, waits that began before are not seen, and sleeping holders have no stack.
void LockWaits::look_at_threads() {
  const auto loaded = states_.load(filter_, options_, *services_.shared_maps);
  if (loaded)
    began_before_ = states_.seed();
  else
    no_states_because_ = loaded.error().message;
  note_thread_locals();
}

/// Of threads that are never captured as well: others may use what belongs to them.
void LockWaits::note_thread_locals() {
  const uint64_t cpu_before = thread_cpu_ns();
  const uint64_t now = monotonic_ns();
  states_.visit_threads([&](const thread_base& base) {
    ThreadTable& threads = *services_.threads;
    threads.note_fs_base(threads.of(static_cast<int32_t>(base.tid), now), base.fs_base);
  });
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

Result<void> LockWaits::attach() {
  TRY_VOID(attach_scheduler_events());
  TRY(const auto ids, find_call_ends());
  for (const auto& [name, id] : ids) {
    TRY(Fd event, attach_to_tracepoint(bpf_program__fd(skeleton_->progs.exit_futex), id));
    attached_.push_back(std::move(event));
  }
  return {};
}

Result<void> LockWaits::attach_scheduler_events() {
  const LibbpfLog log;
  const auto& programs = skeleton_->progs;
  for (bpf_program* program : {programs.on_switch, programs.on_waking, programs.on_thread_exit}) {
    links_.emplace_back(bpf_program__attach(program), bpf_link__destroy);
    if (!links_.back()) return log.describe("attaching to the scheduler's tracepoints", errno);
  }
  return {};
}

void LockWaits::poll() {
  if (!is_running_) return;
  program_cost_.poll();
  const uint64_t cpu_before = thread_cpu_ns();
  is_behind_ |= !ring_.take_turn();
  sample_sleeping_holders();
  adapt_capture_rate();
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

void LockWaits::sample_sleeping_holders() {
  const uint64_t now = monotonic_ns();
  const uint64_t elapsed_ns = now - sampled_at_ns_;
  sampled_at_ns_ = now;
  const uint32_t key = 0;
  int64_t holders = 0;
  read_element(bpf_map__fd(skeleton_->maps.sleeping_holders), &key, &holders);
  if (holders <= 0) return;
  states_.visit_sleeping_holders([&](const holder_event& event, const uint8_t* stack) {
    const Capture capture = capture_from(event.capture, stack);
    const ThreadId holder = services_.threads->of(capture);
    const auto state = static_cast<HolderState>(std::min<uint32_t>(event.state, HOLDER_WAITING));
    holders_.add(
        {event.address, holder, state, services_.unwind(capture), 1, elapsed_ns * event.waiters},
        *services_.recording);
  });
}

void LockWaits::take_event(const void* bytes, size_t size) {
  wait_event event;
  CHECK(size >= sizeof(event));
  std::memcpy(&event, bytes, sizeof(event));
  CHECK(event.capture.stack_bytes == size - sizeof(event));
  const auto* stack_bytes = static_cast<const uint8_t*>(bytes) + sizeof(event);
  if (event.kind == EVENT_WAKE) {
    take_wake(event, stack_bytes);
    return;
  }
  take_wait(event, stack_bytes);
}

/// Waits that go on at the end have a stack as well: some never end.
void LockWaits::take_open_waits() {
  states_.visit_open_waits([this](const wait_event& event, const uint8_t* stack) {
    ++open_stacks_;
    take_wait(event, stack);
  });
}

void LockWaits::take_wait(const wait_event& event, const uint8_t* stack) {
  const CapturedWait wait = describe(event, stack);
  if (!wait.is_example) ++(is_complete(wait.stack) ? complete_stacks_ : incomplete_stacks_);
  memory_.look_at(services_.target->pid, wait.address, *services_.recording);
  captured_.add(wait, *services_.recording);
}

bool LockWaits::is_complete(StackId stack) const {
  return stack.is_valid() &&
         services_.recording->stacks[stack.value].status == StackStatus::kComplete;
}

void LockWaits::take_wake(const wait_event& event, const uint8_t* stack) {
  const Capture capture = capture_from(event.capture, stack);
  const ThreadId waker = services_.threads->of(capture);
  const StackId unwound = services_.unwind(capture);
  ++(is_complete(unwound) ? complete_wakes_ : incomplete_wakes_);
  captured_.add_wake({event.lock.address, waker, unwound, 1, event.weight_ns});
}

CapturedWait LockWaits::describe(const wait_event& event, const uint8_t* stack) {
  CapturedWait wait;
  wait.address = event.lock.address;
  wait.signature = signature_from(event.lock.signature);
  wait.wants_a_lock = wants_a_lock(&event.lock.signature) != 0;
  wait.capture = capture_from(event.capture, stack);
  wait.waiter = services_.threads->of(wait.capture);
  wait.owner = services_.threads->of_ns_tid(static_cast<int32_t>(event.owner));
  wait.is_example = event.kind == EVENT_EXAMPLE;
  wait.stack = stack_of(event, wait.capture);
  wait.wait_ns = event.wait_ns;
  wait.weight_ns = event.weight_ns;
  return wait;
}

StackId LockWaits::stack_of(const wait_event& event, const Capture& capture) {
  if (event.stack == 0) return services_.unwind(capture);
  const StackId stack = kernel_stacks_.stack_of(event.stack);
  if (!capture.bytes.empty()) kernel_stacks_.compare(stack, services_.unwind(capture));
  return stack;
}

void LockWaits::adapt_capture_rate() {
  const uint64_t now = monotonic_ns();
  const uint64_t elapsed_ns = now - adapted_at_ns_;
  if (elapsed_ns < kAdaptEveryNs) return;
  const lock_wait_counters counts = counters();
  const uint64_t captures = counts.captures + counts.wake_captures + counts.examples;
  volatile auto& threshold_ns = skeleton_->data->threshold_ns;
  threshold_ns = adapt_threshold(threshold_ns, captures - adapted_captures_, elapsed_ns,
                                 is_behind_ ? kCapturesWhenBehind : options_.max_captures_per_s);
  is_behind_ = false;
  adapted_captures_ = captures;
  adapted_at_ns_ = now;
}

void LockWaits::checkpoint() {
  if (!is_running_) return;
  poll();
  note_thread_locals();
  write_results(0);
}

void LockWaits::end(uint64_t now_ns) {
  if (!is_running_) return;
  skeleton_->bss->is_over = 1;
  ended_ns_ = now_ns;
  take_open_waits();
  note_thread_locals();
}

void LockWaits::stop() {
  if (!is_running_) return;
  while (!attached_.empty()) attached_.pop_back();
  links_.clear();
  wait_for_running_programs();
  poll();
  ring_.drain();
  write_results(ended_ns_);
  for (const char* name : {"lock_waits", "wait_stacks", "wake_stacks"}) {
    const auto& rows = services_.recording->coverage;
    CHECK(std::any_of(rows.begin(), rows.end(), [&](const Coverage& row) {
      return row.collector == name && coverage_holds(row);
    }));
  }
  is_running_ = false;
}

/// While the programs run, the counters move on between two reads: what is not accounted for yet is
/// left out of `seen`. After the detach (open_until_ns), the kernel's own count of events stands.
void LockWaits::write_results(uint64_t open_until_ns) {
  const bool is_final = open_until_ns != 0;
  Recording& recording = *services_.recording;
  LockWaitAccount account{.counters = counters(),
                          .sums = {},
                          .max_locks = options_.max_locks,
                          .began_before = began_before_};
  lock_wait_counters& counts = account.counters;
  account.sums = read_lock_waits(maps(), *services_.threads, recording, open_until_ns,
                                 counts.holder_table_full == 0);
  captured_.write_to(recording);
  if (kernel_stacks_.is_open() && options_.wait_stacks == WaitStackMode::kExact)
    exact_waits_ = kernel_stacks_.write_exact_to(recording);
  holders_.write_to(recording);
  if (!is_final) {
    const LockWaitSums& sums = account.sums;
    counts.blocking = sums.ended - sums.pending + counts.start_unseen + counts.wait_table_full;
    counts.captures = complete_stacks_ + incomplete_stacks_ + counts.capture_ring_full;
    counts.wake_captures = complete_wakes_ + incomplete_wakes_ + counts.wake_ring_full;
  }
  write_wait_coverage(account, own_cpu_ns_ + program_cost_.total_ns(), recording);
  write_stack_coverage(counts);
  write_wake_coverage(counts, complete_wakes_, incomplete_wakes_, recording);
  write_holder_coverage(account, holders_, no_states_because_, recording);
}

void LockWaits::write_stack_coverage(const lock_wait_counters& counters) {
  Coverage& row = coverage_row(*services_.recording, "wait_stacks", "captured stacks");
  row.state = CollectorState::kOn;
  row.reason.clear();
  row.lost.clear();
  row.seen = counters.captures + open_stacks_ + exact_waits_;
  row.attributed = complete_stacks_ + exact_waits_;
  row.unresolved = incomplete_stacks_;
  add_loss(row, "ring buffer full", counters.capture_ring_full);
  if (kernel_stacks_.is_open())
    add_reason(row, fmt::format("unwound in the kernel; of {} also copied, {} are different there",
                                kernel_stacks_.compared(), kernel_stacks_.different()));
  if (kernel_stacks_.left_out() > 0)
    add_reason(row, fmt::format("{} mappings found no room in the kernel's tables: stacks through "
                                "them were copied",
                                kernel_stacks_.left_out()));
  if (!no_kernel_stacks_because_.empty()) {
    row.state = CollectorState::kDegraded;
    add_reason(row, "not unwound in the kernel: " + no_kernel_stacks_because_);
  }
  if (counters.stack_table_full > 0)
    add_reason(row, fmt::format("more than 65536 pairs of lock and stack: {} waits were copied",
                                counters.stack_table_full));
  if (counters.stack_unreadable > 0)
    add_reason(row, fmt::format("{} stacks were not in memory", counters.stack_unreadable));
  for (const std::string& omission : captured_.exemplars().omissions()) add_reason(row, omission);
  if (captured_.refused_slices() > 0)
    add_reason(row,
               fmt::format("{} waits came too late for the timeline", captured_.refused_slices()));
}

LockWaitMaps LockWaits::maps() const {
  const auto& maps = skeleton_->maps;
  return {.histograms = bpf_map__fd(maps.histograms),
          .waits = waits_,
          .holder_times = holder_times_,
          .locks = locks_,
          .threads = threads_};
}

lock_wait_counters LockWaits::counters() const {
  return read_counters<lock_wait_counters>(bpf_map__fd(skeleton_->maps.counters));
}

/// Loads the real programs and looks the tracepoints up, but attaches nothing.
Availability probe() {
  Availability rights = check_bpf_rights();
  if (rights.state == CollectorState::kOff) return rights;
  const auto skeleton = load_programs({}, {}, WaitStackMode::kCopied, {});
  if (!skeleton) return refused_by_kernel(skeleton.error());
  const auto ids = find_call_ends();
  if (!ids) return refused_by_kernel(ids.error());
  return rights;
}

const Registration<CollectorInfo> kLockWaits{
    {.name = "lock_waits",
     .summary = "how long threads sleep for locks, who has them, and the stacks of the waiters",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<LockWaits>()); },
     .keeps_account_for_others = true}};

}  // namespace
}  // namespace quarrel
