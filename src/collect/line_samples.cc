// What does each thread of the target touch, beside whom, and what do lock holders do meanwhile?
//
// A timer on each CPU takes registers, some stack, and the threads on the other CPUs
// (bpf/line_samples.bpf.c). This side computes the addresses of memory operands and unwinds.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "collect/availability.h"
#include "collect/blame_sums.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/event_capture.h"
#include "collect/kernel_session.h"
#include "collect/lock_tables.h"
#include "collect/perf_events.h"
#include "collect/program_cost.h"
#include "collect/sample_sums.h"
#include "line_samples.skel.h"

namespace quarrel {
namespace {

// Of all CPUs together; a tick costs some 25 us on virtual machines.
constexpr uint64_t kMaxTicksPerS = 4000;
constexpr uint64_t kMaxUnwindsPerS = 1500;
constexpr uint64_t kNsPerS = 1'000'000'000;
// Some 300 MB of memory.
constexpr size_t kMaxSamples = 1'000'000;

struct SkeletonFree {
  void operator()(line_samples_bpf* skeleton) const { line_samples_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<line_samples_bpf, SkeletonFree>;

enum class PeerSource { kRunQueues, kContextSwitches };

/// lock_waits, where it is loaded, keeps account of who runs where.
bool follows_switches(PeerSource peers, const SharedMaps& shared) {
  return peers == PeerSource::kContextSwitches && !shared.contains("running");
}

Result<Skeleton> load_variant(const TargetFilter& filter, const CollectOptions& options,
                              const SharedMaps& shared, PeerSource peers) {
  const LibbpfLog log;
  Skeleton skeleton(line_samples_bpf__open());
  if (!skeleton) return log.describe("opening the line_samples programs", errno);
  set_target(*skeleton, filter);
  skeleton->rodata->blame_stack_limit = options.stack_bytes;
  skeleton->rodata->cpu_count = std::min<uint32_t>(MAX_PEER_CPUS, online_cpus().back() + 1);
  const bool has_switches = peers == PeerSource::kContextSwitches;
  bpf_program__set_autoload(skeleton->progs.on_tick, !has_switches);
  bpf_program__set_autoload(skeleton->progs.on_tick_with_switches, has_switches);
  bpf_program__set_autoload(skeleton->progs.on_switch, follows_switches(peers, shared));
  set_lock_slots(*skeleton, options.max_locks);
  TRY_VOID(adopt_shared_map(shared, skeleton->maps.locks));
  TRY_VOID(adopt_shared_map(shared, skeleton->maps.threads));
  TRY_VOID(adopt_shared_map(shared, skeleton->maps.running));
  if (const int error = line_samples_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the line_samples programs", -error);
  return skeleton;
}

struct LoadedPrograms {
  Skeleton skeleton;
  PeerSource peers = PeerSource::kRunQueues;
};

/// Kernels without CONFIG_KALLSYMS_ALL do not tell BPF where the run queues are; there context
/// switches are followed instead.
Result<LoadedPrograms> load_programs(const TargetFilter& filter, const CollectOptions& options,
                                     const SharedMaps& shared) {
  auto direct = load_variant(filter, options, shared, PeerSource::kRunQueues);
  if (direct) return LoadedPrograms{std::move(*direct), PeerSource::kRunQueues};
  TRY(auto skeleton, load_variant(filter, options, shared, PeerSource::kContextSwitches));
  return LoadedPrograms{std::move(skeleton), PeerSource::kContextSwitches};
}

uint64_t sample_period_ns(uint32_t wanted_hz, size_t cpus) {
  const uint64_t most_hz = std::max<uint64_t>(1, kMaxTicksPerS / std::max<size_t>(1, cpus));
  return kNsPerS / std::clamp<uint64_t>(wanted_hz, 1, most_hz);
}

class LineSamples final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t) override {
    programs_.skeleton->bss->is_recording = 1;
    program_cost_.start({tick_program(), programs_.skeleton->progs.on_switch});
  }
  void end(uint64_t) override { programs_.skeleton->bss->is_recording = 0; }
  void poll() override;
  void stop() override;
  void checkpoint() override;

 private:
  Result<void> attach();
  bpf_program* tick_program() const;
  void take_event(const void* bytes, size_t size);
  void take_sample(const tick_event& event, const Capture& capture, StackId stack);
  StackId unwind_within_budget(const Capture& capture);
  std::vector<ThreadId> peers_of(const tick_event& event);
  void write_results(bool is_final);
  void write_sample_coverage(const tick_counters& counters);
  void write_holder_coverage(const tick_counters& counters);
  tick_counters counters() const;

  CollectOptions options_;
  CollectServices services_;
  LoadedPrograms programs_;
  std::vector<uint32_t> cpus_;
  std::vector<Fd> attached_;
  std::unique_ptr<bpf_link, decltype(&bpf_link__destroy)> switches_{nullptr, bpf_link__destroy};
  ProgramCost program_cost_;
  EventRing ring_;
  SampleSums sums_;
  BlameSums holders_{SeenHolders::kOnCpu};
  uint64_t own_cpu_ns_ = 0;
  uint64_t unwinds_left_ = 0;
  uint64_t polled_at_ns_ = 0;
  bool is_running_ = false;
};

Result<void> LineSamples::start(const CollectOptions& options, CollectServices services) {
  options_ = options;
  services_ = std::move(services);
  cpus_ = online_cpus();
  TRY(programs_,
      load_programs(filter_for(services_.target->pid), options_, *services_.shared_maps));
  share_map(*services_.shared_maps, programs_.skeleton->maps.locks);
  share_map(*services_.shared_maps, programs_.skeleton->maps.threads);
  TRY_VOID(ring_.open(bpf_map__fd(programs_.skeleton->maps.ticks),
                      [this](const void* bytes, size_t size) { take_event(bytes, size); }));
  services_.recording->run.sample_period_ns = sample_period_ns(options_.sample_hz, cpus_.size());
  TRY_VOID(attach());
  polled_at_ns_ = monotonic_ns();
  is_running_ = true;
  return {};
}

bpf_program* LineSamples::tick_program() const {
  const auto& programs = programs_.skeleton->progs;
  return programs_.peers == PeerSource::kRunQueues ? programs.on_tick
                                                   : programs.on_tick_with_switches;
}

Result<void> LineSamples::attach() {
  if (follows_switches(programs_.peers, *services_.shared_maps)) {
    const LibbpfLog log;
    switches_.reset(bpf_program__attach(programs_.skeleton->progs.on_switch));
    if (!switches_) return log.describe("attaching to sched_switch", errno);
  }
  TRY(attached_, attach_to_cpu_clock(bpf_program__fd(tick_program()),
                                     services_.recording->run.sample_period_ns, cpus_));
  return {};
}

void LineSamples::poll() {
  if (!is_running_) return;
  program_cost_.poll();
  const uint64_t cpu_before = thread_cpu_ns();
  const uint64_t now = monotonic_ns();
  const uint64_t earned = (now - polled_at_ns_) * kMaxUnwindsPerS / kNsPerS;
  unwinds_left_ = std::min(kMaxUnwindsPerS, unwinds_left_ + earned);
  polled_at_ns_ = now;
  ring_.take_turn();
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

void LineSamples::take_event(const void* bytes, size_t size) {
  tick_event event;
  CHECK(size >= sizeof(event));
  std::memcpy(&event, bytes, sizeof(event));
  CHECK(event.capture.stack_bytes == size - sizeof(event));
  const Capture capture =
      capture_from(event.capture, static_cast<const uint8_t*>(bytes) + sizeof(event));
  const ThreadId thread = services_.threads->of(capture);
  const bool is_blamed = event.blamed != 0;
  const StackId stack = is_blamed ? services_.unwind(capture) : unwind_within_budget(capture);
  if (is_blamed)
    holders_.add({event.blamed, thread, HolderState::kRunning, stack, 1,
                  services_.recording->run.sample_period_ns * event.waiters},
                 *services_.recording);
  if (event.is_user != 0) take_sample(event, capture, stack);
}

StackId LineSamples::unwind_within_budget(const Capture& capture) {
  if (unwinds_left_ == 0) {
    sums_.not_unwound += 1;
    return {};
  }
  unwinds_left_ -= 1;
  return services_.unwind(capture);
}

void LineSamples::take_sample(const tick_event& event, const Capture& capture, StackId stack) {
  Recording& recording = *services_.recording;
  if (recording.line_samples.size() >= kMaxSamples) {
    sums_.beyond_limit += 1;
    return;
  }
  LineSample sample;
  sample.thread = services_.threads->of(capture);
  sample.cpu = event.cpu;
  sample.time_ns = capture.time_ns;
  sample.ip = capture.registers[kRip];
  sample.stack = stack;
  sample.peers = peers_of(event);
  sample.accesses = services_.decode_operands(capture);
  sums_.add_sample(sample, capture, recording);
  recording.line_samples.push_back(std::move(sample));
}

std::vector<ThreadId> LineSamples::peers_of(const tick_event& event) {
  std::vector<ThreadId> peers;
  const uint32_t count = std::min<uint32_t>(event.peer_count, MAX_PEER_CPUS);
  for (uint32_t i = 0; i < count; ++i)
    peers.push_back(
        services_.threads->of(static_cast<int32_t>(event.peers[i]), event.capture.time_ns));
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

void LineSamples::checkpoint() {
  if (!is_running_) return;
  poll();
  write_results(false);
}

void LineSamples::stop() {
  if (!is_running_) return;
  attached_.clear();
  switches_.reset();
  wait_for_running_programs();
  poll();
  ring_.drain();
  write_results(true);
  is_running_ = false;
}

/// While the program runs, its counters move on between two reads; only after the detach are they
/// what must have arrived.
void LineSamples::write_results(bool is_final) {
  tick_counters counts = counters();
  if (!is_final) {
    counts.user = sums_.total() + counts.user_ring_full;
    counts.blamed = holders_.complete() + holders_.incomplete() + counts.blamed_ring_full;
  }
  holders_.write_to(*services_.recording);
  write_sample_coverage(counts);
  write_holder_coverage(counts);
}

void LineSamples::write_sample_coverage(const tick_counters& counters) {
  Coverage& row = coverage_row(*services_.recording, "line_samples", "samples in user code");
  row.state = CollectorState::kOn;
  row.reason.clear();
  row.lost.clear();
  row.seen = counters.user;
  row.attributed = sums_.with_address;
  row.unresolved = sums_.without_address;
  add_loss(row, "ring buffer full", counters.user_ring_full);
  add_loss(row, "more than 1000000 samples", sums_.beyond_limit);
  if (counters.kernel > 0)
    add_reason(row, fmt::format("{} more ticks were in kernel code", counters.kernel));
  if (sums_.not_unwound > 0)
    add_reason(row, fmt::format("{} samples above {} a second have no stack", sums_.not_unwound,
                                kMaxUnwindsPerS));
  for (const std::string& omission : sums_.exemplars().omissions()) add_reason(row, omission);
  if (cpus_.back() >= MAX_PEER_CPUS) {
    row.state = CollectorState::kDegraded;
    add_reason(row, "peers are looked for on the first 64 CPUs only");
  }
  row.own_cost_ns = own_cpu_ns_ + program_cost_.total_ns();
  CHECK(coverage_holds(row));
}

void LineSamples::write_holder_coverage(const tick_counters& counters) {
  Coverage& row =
      coverage_row(*services_.recording, "holder_stacks", "samples of running lock holders");
  row.state = CollectorState::kOn;
  row.lost.clear();
  row.seen = counters.blamed;
  row.attributed = holders_.complete();
  row.unresolved = holders_.incomplete();
  add_loss(row, "ring buffer full", counters.blamed_ring_full);
  CHECK(coverage_holds(row));
}

tick_counters LineSamples::counters() const {
  return read_counters<tick_counters>(bpf_map__fd(programs_.skeleton->maps.tick_counts));
}

/// Loads the real programs, and opens and closes the timer of one CPU.
Availability probe() {
  Availability rights = check_bpf_rights();
  if (rights.state == CollectorState::kOff) return rights;
  const auto loaded = load_programs({}, {}, {});
  if (!loaded) return refused_by_kernel(loaded.error());
  const auto& programs = loaded->skeleton->progs;
  const bool has_run_queues = loaded->peers == PeerSource::kRunQueues;
  const bpf_program* tick = has_run_queues ? programs.on_tick : programs.on_tick_with_switches;
  const auto events = attach_to_cpu_clock(bpf_program__fd(tick), kNsPerS, {online_cpus().front()});
  if (!events) return refused_by_kernel(events.error());
  return rights;
}

const Registration<CollectorInfo> kLineSamples{
    {.name = "line_samples",
     .summary = "which memory each thread touches, beside whom, and what lock holders do",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<LineSamples>()); }}};

}  // namespace
}  // namespace quarrel
