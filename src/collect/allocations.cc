// Which call allocated the blocks of the heap that threads share?
//
// Probes in glibc's allocator (resolve/allocation_probes.h) keep a table of the blocks that live
// (bpf/allocations.bpf.c), from the first instruction of a program that quarrel starts: of one that
// runs already nobody knows who allocated what. From time to time those blocks are looked for that
// hold a lock or a shared cache line. When the probes have used up their share of the target's CPU
// time they go for good: then the table ages, and is believed up to that moment only. A block costs
// some 4 us from its allocation to its end, most of it the walk of the stack (docs/limits.md).
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "allocations.skel.h"
#include "base/check.h"
#include "collect/availability.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/event_capture.h"
#include "collect/kernel_session.h"
#include "collect/kernel_stacks.h"
#include "collect/live_blocks.h"
#include "collect/probe_budget.h"
#include "collect/probe_cost.h"
#include "collect/shared_addresses.h"
#include "collect/uprobes.h"
#include "probe_decisions.h"

namespace quarrel {
namespace {

constexpr double kPpmPerPercent = 10'000;
// A program allocates most when it starts: it may lose then what it earns in so much CPU time.
constexpr uint64_t kStartCpuNs = 2'000'000'000;
// Enough for the frames down to main of what a program allocates before its tables are known.
constexpr uint32_t kCopiedBytes = 4096;
constexpr int64_t kCapturesAtOnce = 500;
constexpr int64_t kMostCaptures = 5000;
constexpr int kSettlingRounds = 2;
constexpr uint64_t kLookEveryNs = 100'000'000;
// Looking through a table of 100,000 blocks takes some 10 ms.
constexpr uint64_t kLooksTakeOneIn = 20;
// A program that a processor has begun may still see that the probes count.
constexpr uint64_t kFreezingNs = 1'000'000;

static_assert(int{BLOCK_ALLOCATED} == int(AllocationStep::kAllocated));
static_assert(int{BLOCK_FREED} == int(AllocationStep::kFreed));

struct SkeletonFree {
  void operator()(allocations_bpf* skeleton) const { allocations_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<allocations_bpf, SkeletonFree>;

KernelStackMaps stack_maps(const allocations_bpf& skeleton) {
  const auto& maps = skeleton.maps;
  return {.unwind = {.rows = maps.unwind_rows,
                     .rules = maps.unwind_rules,
                     .mappings = maps.unwind_mappings,
                     .generation = &skeleton.bss->unwind_generation,
                     .mapping_count = skeleton.bss->unwind_mapping_count},
          .stacks = maps.unwound_stacks};
}

/// Without `services` only to see whether the kernel takes the program.
Result<Skeleton> load_programs(const TargetFilter& filter, const CollectServices* services) {
  const LibbpfLog log;
  Skeleton skeleton(allocations_bpf__open());
  if (!skeleton) return log.describe("opening the allocations program", errno);
  set_target(*skeleton, filter);
  skeleton->rodata->stack_limit = kCopiedBytes;
  if (services != nullptr) KernelStacks::set_sizes(stack_maps(*skeleton), *services);
  expect_uprobes(skeleton->progs.on_block);
  if (const int error = allocations_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the allocations program (uprobe_multi, Linux 6.6)", -error);
  return skeleton;
}

uint64_t cookie_of(const AllocationProbe& probe) {
  return probe_cookie(static_cast<uint64_t>(probe.step), register_word(probe.block_register),
                      probe.condition, 0);
}

std::vector<UprobeSite> sites_of(const AllocationProbePlan& plan) {
  std::vector<UprobeSite> sites;
  for (const AllocationProbe& probe : plan.probes)
    sites.push_back({probe.file_offset, cookie_of(probe)});
  return sites;
}

class Allocations final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t now_ns) override;
  void end(uint64_t now_ns) override { freeze(now_ns); }
  void poll() override;
  void stop() override;
  void checkpoint() override;
  void mappings_changed() override;

 private:
  Result<void> measure_cost();
  Result<void> put_probes_in();
  void keep_to_budget();
  void freeze(uint64_t now_ns);
  void take_event(const void* bytes, size_t size);
  void look_at_blocks();
  block_counters counters() const;
  void write_results();
  void write_coverage(const block_counters& counts);
  std::string describe(const block_counters& counts) const;

  CollectServices services_;
  Skeleton skeleton_;
  EventRing ring_;
  KernelStacks kernel_stacks_;
  ProbeBudget budget_{0};
  SharedAddresses shared_;
  LiveBlocks blocks_;
  std::map<std::string, Fd> links_;  // by path of the file
  std::vector<std::string> omissions_;
  block_counters before_{};  // of the calibration
  std::optional<uint64_t> frozen_ns_;
  bool is_budget_spent_ = false;
  double max_overhead_percent_ = 0;
  uint64_t probe_ns_ = 0;
  uint64_t began_ns_ = 0;
  uint64_t next_look_ns_ = 0;
  uint64_t hits_ = 0;
  uint64_t cpu_ns_ = 0;
  uint64_t first_cpu_ns_ = 0;
  uint64_t own_cpu_ns_ = 0;
  int64_t captures_allowed_ = 0;
  bool is_running_ = false;
};

Result<void> Allocations::start(const CollectOptions& options, CollectServices services) {
  services_ = std::move(services);
  if (!services_.target->is_launched)
    return Error{
        "who allocated a block is only seen of a program that quarrel starts: quarrel record "
        "--allocations -- COMMAND"};
  max_overhead_percent_ = options.max_overhead_percent;
  budget_ = ProbeBudget(static_cast<uint64_t>(max_overhead_percent_ * kPpmPerPercent), kStartCpuNs);
  TRY(skeleton_, load_programs(filter_for(services_.target->pid), &services_));
  TRY_VOID(kernel_stacks_.open(stack_maps(*skeleton_), services_));
  TRY_VOID(ring_.open(bpf_map__fd(skeleton_->maps.block_events),
                      [this](const void* bytes, size_t size) { take_event(bytes, size); }));
  TRY_VOID(measure_cost());
  TRY_VOID(put_probes_in());
  if (links_.empty() && !omissions_.empty()) return Error{omissions_.front()};
  if (links_.empty()) return Error{"no file that the target has mapped defines malloc"};
  is_running_ = true;
  return {};
}

/// Takes and frees a block of quarrel's own, with probes and without.
Result<void> Allocations::measure_cost() {
  TRY(const OwnSites own, find_own_sites());
  const uint64_t bare_ns = time_own_sites();
  const auto site = [](uint64_t offset, AllocationStep step) {
    return UprobeSite{offset, cookie_of({.step = step, .block_register = kRdi})};
  };
  TRY(const Fd link,
      attach_uprobes(bpf_program__fd(skeleton_->progs.on_block), ::getpid(), "/proc/self/exe",
                     {site(own.take_offset, AllocationStep::kAllocated),
                      site(own.free_offset, AllocationStep::kFreed)}));
  skeleton_->bss->is_calibrating = 1;
  skeleton_->bss->is_recording = 1;
  uint64_t probed_ns = time_own_sites();
  for (int round = 1; round < kSettlingRounds; ++round)
    probed_ns = std::min(probed_ns, time_own_sites());
  skeleton_->bss->is_recording = 0;
  skeleton_->bss->is_calibrating = 0;
  before_ = read_counters<block_counters>(bpf_map__fd(skeleton_->maps.block_counts));
  if (before_.freed == 0) return Error{"the kernel did not run a probe of quarrel's own code"};
  if (before_.without_stack > 0)
    omissions_.emplace_back("the cost of a probe was measured without the walk of its stack");
  probe_ns_ = probed_ns > bare_ns ? (probed_ns - bare_ns) / 2 : 0;
  return {};
}

/// Files that have probes keep them: while they were replaced, a free could go unseen.
Result<void> Allocations::put_probes_in() {
  for (const AllocationProbePlan& plan : services_.allocation_probes()) {
    if (links_.contains(plan.path)) continue;
    omissions_.insert(omissions_.end(), plan.refused.begin(), plan.refused.end());
    if (plan.probes.empty()) continue;
    TRY(links_[plan.path], attach_uprobes(bpf_program__fd(skeleton_->progs.on_block),
                                          services_.target->pid, plan.path, sites_of(plan)));
  }
  return {};
}

block_counters Allocations::counters() const {
  auto counts = read_counters<block_counters>(bpf_map__fd(skeleton_->maps.block_counts));
  counts.hits -= before_.hits;
  counts.allocated -= before_.allocated;
  counts.unreadable -= before_.unreadable;
  counts.table_full -= before_.table_full;
  counts.without_stack -= before_.without_stack;
  counts.captures -= before_.captures;
  counts.freed -= before_.freed;
  return counts;
}

void Allocations::begin(uint64_t now_ns) {
  began_ns_ = now_ns;
  next_look_ns_ = now_ns + kLookEveryNs;
  first_cpu_ns_ = cpu_ns_ = process_cpu_ns(services_.target->pid);
  hits_ = counters().hits;
  captures_allowed_ = kMostCaptures;
  skeleton_->bss->captures_left = kCapturesAtOnce;
  skeleton_->bss->is_recording = 1;
}

void Allocations::freeze(uint64_t now_ns) {
  if (frozen_ns_) return;
  frozen_ns_ = now_ns - kFreezingNs;
  skeleton_->bss->is_recording = 0;
  links_.clear();
}

void Allocations::poll() {
  if (!is_running_ || began_ns_ == 0) return;
  const uint64_t cpu_before = thread_cpu_ns();
  const int64_t left = std::max<int64_t>(skeleton_->bss->captures_left, 0);
  const int64_t more = std::min(kCapturesAtOnce - left, captures_allowed_);
  captures_allowed_ -= more;
  __atomic_fetch_add(&skeleton_->bss->captures_left, more, __ATOMIC_RELAXED);
  ring_.take_turn();
  keep_to_budget();
  if (monotonic_ns() >= next_look_ns_) look_at_blocks();
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

void Allocations::keep_to_budget() {
  const uint64_t cpu_ns = std::max(cpu_ns_, process_cpu_ns(services_.target->pid));
  const uint64_t hits = counters().hits;
  budget_.pass(cpu_ns - cpu_ns_, (hits - hits_) * probe_ns_, 0);
  cpu_ns_ = cpu_ns;
  hits_ = hits;
  if (frozen_ns_ || !budget_.is_spent()) return;
  is_budget_spent_ = true;
  freeze(monotonic_ns());
}

void Allocations::look_at_blocks() {
  const uint64_t now_ns = monotonic_ns();
  shared_.take(*services_.recording);
  blocks_.look({.live = bpf_map__fd(skeleton_->maps.live_blocks),
                .watched = bpf_map__fd(skeleton_->maps.watched_blocks)},
               frozen_ns_.value_or(now_ns), shared_,
               {.unwound = [this](uint64_t id) { return kernel_stacks_.stack_of(id); },
                .copied = services_.unwind});
  const uint64_t took_ns = monotonic_ns() - now_ns;
  next_look_ns_ = now_ns + std::max(kLookEveryNs, kLooksTakeOneIn * took_ns);
}

void Allocations::mappings_changed() {
  if (!is_running_ || frozen_ns_) return;
  kernel_stacks_.update();
  const Result<void> put = put_probes_in();
  if (!put) omissions_.push_back(put.error().message);
}

void Allocations::take_event(const void* bytes, size_t size) {
  block_event event;
  CHECK(size >= sizeof(event));
  std::memcpy(&event, bytes, sizeof(event));
  CHECK(event.capture.stack_bytes == size - sizeof(event));
  blocks_.note_capture(
      event.address,
      capture_from(event.capture, static_cast<const uint8_t*>(bytes) + sizeof(event)));
}

void Allocations::checkpoint() {
  if (!is_running_) return;
  poll();
  write_results();
}

void Allocations::stop() {
  if (!is_running_) return;
  freeze(monotonic_ns());
  wait_for_running_programs();
  ring_.drain();
  look_at_blocks();
  write_results();
  is_running_ = false;
}

void Allocations::write_results() {
  blocks_.write(*services_.recording, *services_.threads);
  write_coverage(counters());
}

std::string Allocations::describe(const block_counters& counts) const {
  const double cpu_ns = static_cast<double>(std::max<uint64_t>(cpu_ns_ - first_cpu_ns_, 1));
  std::string text = fmt::format(
      "{} probes of {} ns took {:.2f} % of the target's CPU time (budget {:g} %); {} blocks hold "
      "what threads share",
      counts.hits, probe_ns_, 100.0 * double(counts.hits * probe_ns_) / cpu_ns,
      max_overhead_percent_, blocks_.kept());
  if (is_budget_spent_)
    text += fmt::format(
        "; the budget was spent after {:.2f} s, and what was allocated or freed later is not known "
        "(--max-overhead)",
        double(*frozen_ns_ - began_ns_) / 1e9);
  for (const std::string& sentence : omissions_) text += "; " + sentence;
  return text;
}

/// Unresolved: blocks whose stack is not known.
void Allocations::write_coverage(const block_counters& counts) {
  Coverage& row = coverage_row(*services_.recording, "allocations", "blocks");
  const bool is_whole = !is_budget_spent_ && blocks_.refused() == 0;
  row.state = is_whole ? CollectorState::kOn : CollectorState::kDegraded;
  row.reason = describe(counts);
  if (blocks_.refused() > 0)
    add_reason(row, fmt::format("no more than {} blocks are kept", LiveBlocks::kMostKept));
  row.lost.clear();
  add_loss(row, "table of live blocks full", counts.table_full);
  add_loss(row, "no size stands before the block", counts.unreadable);
  row.seen = counts.allocated;
  const uint64_t kept = row.seen - std::min(row.seen, lost_total(row));
  row.unresolved = std::min<uint64_t>(counts.without_stack, kept);
  row.attributed = kept - row.unresolved;
  row.seen = row.attributed + row.unresolved + lost_total(row);
  row.own_cost_ns = own_cpu_ns_ + counts.hits * probe_ns_;
  CHECK(coverage_holds(row));
}

Availability probe() {
  return probe_program([] { return load_programs({}, nullptr); });
}

const Registration<CollectorInfo> kAllocations{
    {.name = "allocations",
     .summary = "who allocated what threads share (record --allocations -- COMMAND)",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<Allocations>()); },
     .is_opt_in = true}};

}  // namespace
}  // namespace quarrel
