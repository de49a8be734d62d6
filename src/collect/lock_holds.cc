// How often is each lock taken, contended or not, and for how long is it held?
//
// Probes at the lock functions of the target's libc (resolve/lock_probes.h) run
// bpf/lock_holds.bpf.c at every acquisition and release. Only on request, and only as long as the
// budget lasts: what a probe costs is measured on quarrel itself first, then the probes stand all
// the time or in windows, so that they take no more than that share of the target's CPU time.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include "base/check.h"
#include "collect/availability.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/event_capture.h"
#include "collect/exemplar_budget.h"
#include "collect/kernel_session.h"
#include "collect/probe_budget.h"
#include "collect/probe_cost.h"
#include "collect/uprobes.h"
#include "lock_holds.skel.h"
#include "probe_decisions.h"

namespace quarrel {
namespace {

constexpr double kPpmPerPercent = 10'000;
// Locks are many, their stacks only serve to name them.
constexpr int64_t kCapturesAtOnce = 50;
constexpr int64_t kMostCaptures = 5000;
// Enough that one round of calibration is not the run's only sample; some 10 ms.
constexpr int kSettlingRounds = 2;

static_assert(int{STEP_ACQUIRED} == int(ProbedStep::kAcquired));
static_assert(int{STEP_RELEASED} == int(ProbedStep::kReleased));
static_assert(int{STEP_TRY_FAILED} == int(ProbedStep::kTryFailed));
static_assert(int{CONDITION_ALWAYS} == int{LockProbe::kAlways});

struct SkeletonFree {
  void operator()(lock_holds_bpf* skeleton) const { lock_holds_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<lock_holds_bpf, SkeletonFree>;

Result<Skeleton> load_programs(const TargetFilter& filter, uint32_t stack_bytes) {
  const LibbpfLog log;
  Skeleton skeleton(lock_holds_bpf__open());
  if (!skeleton) return log.describe("opening the lock_holds program", errno);
  set_target(*skeleton, filter);
  skeleton->rodata->stack_limit = stack_bytes;
  expect_uprobes(skeleton->progs.on_step);
  if (const int error = lock_holds_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the lock_holds program (uprobe_multi, Linux 6.6)", -error);
  return skeleton;
}

uint64_t cookie_of(const LockProbe& probe) {
  return probe_cookie(static_cast<uint64_t>(probe.step), register_word(probe.lock_register),
                      probe.condition, probe.is_rwlock ? 1 : 0);
}

std::vector<UprobeSite> sites_of(const LockProbePlan& plan) {
  std::vector<UprobeSite> sites;
  for (const LockProbe& probe : plan.probes) sites.push_back({probe.file_offset, cookie_of(probe)});
  return sites;
}

bool same_probes(const std::vector<LockProbePlan>& a, const std::vector<LockProbePlan>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LockProbePlan& x, const LockProbePlan& y) {
                      return x.path == y.path && x.probes == y.probes;
                    });
}

class LockHolds final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t now_ns) override;
  void end(uint64_t now_ns) override;
  void poll() override;
  void stop() override;
  void checkpoint() override;
  void mappings_changed() override;

 private:
  Result<void> measure_cost();
  Result<void> put_probes_in();
  void take_probes_away(uint64_t now_ns);
  void keep_to_budget(uint64_t now_ns);
  void take_event(const void* bytes, size_t size);
  hold_counters counters() const;
  void write_results(uint64_t now_ns, bool is_final);
  uint64_t write_locks();
  void write_probing(uint64_t now_ns, const hold_counters& counts);
  void write_coverage(const hold_counters& counts);
  std::string describe_probing(const hold_counters& counts) const;

  CollectServices services_;
  Skeleton skeleton_;
  EventRing ring_;
  ProbeBudget budget_{0};
  HoldProbing probing_;
  std::vector<LockProbePlan> plans_;
  std::vector<Fd> links_;  // empty while no probes stand
  ExemplarBudget exemplars_;
  std::map<uint64_t, StackId> stacks_;  // by lock
  std::string trouble_;                 // why probes could not be put in again
  hold_counters before_{};              // of the calibration
  uint64_t opened_ns_ = 0;              // of the present window
  uint64_t looked_ns_ = 0;
  uint64_t hits_ = 0;
  uint64_t cpu_ns_ = 0;
  uint64_t own_cpu_ns_ = 0;
  int64_t captures_allowed_ = 0;
  bool has_begun_ = false;
  bool is_running_ = false;
};

Result<void> LockHolds::start(const CollectOptions& options, CollectServices services) {
  services_ = std::move(services);
  probing_.max_overhead_ppm = static_cast<uint64_t>(options.max_overhead_percent * kPpmPerPercent);
  budget_ = ProbeBudget(probing_.max_overhead_ppm);
  TRY(skeleton_, load_programs(filter_for(services_.target->pid), options.stack_bytes));
  TRY_VOID(ring_.open(bpf_map__fd(skeleton_->maps.hold_events),
                      [this](const void* bytes, size_t size) { take_event(bytes, size); }));
  TRY_VOID(measure_cost());
  plans_ = services_.lock_probes();
  if (plans_.empty()) return Error{"no file that the target has mapped defines pthread_mutex_lock"};
  TRY_VOID(put_probes_in());
  if (links_.empty()) return Error{plans_.front().refused.front()};
  is_running_ = true;
  return {};
}

/// Takes and frees a lock of quarrel's own, with probes and without.
Result<void> LockHolds::measure_cost() {
  TRY(const OwnSites own, find_own_sites());
  const uint64_t bare_ns = time_own_sites();
  const auto site = [](uint64_t offset, ProbedStep step) {
    return UprobeSite{offset, cookie_of({.file_offset = 0, .step = step, .lock_register = kRdi})};
  };
  TRY(const Fd link,
      attach_uprobes(bpf_program__fd(skeleton_->progs.on_step), ::getpid(), "/proc/self/exe",
                     {site(own.take_offset, ProbedStep::kAcquired),
                      site(own.free_offset, ProbedStep::kReleased)}));
  skeleton_->bss->is_recording = 1;
  uint64_t probed_ns = time_own_sites();
  for (int round = 1; round < kSettlingRounds; ++round)
    probed_ns = std::min(probed_ns, time_own_sites());
  skeleton_->bss->is_recording = 0;
  const uint64_t lock = own_lock_address();
  hold_totals totals{};
  const int map = bpf_map__fd(skeleton_->maps.held_locks);
  if (!read_element(map, &lock, &totals) || totals.holds == 0)
    return Error{"the kernel did not run a probe of quarrel's own code"};
  bpf_map_delete_elem(map, &lock);
  probing_.probe_ns = probed_ns > bare_ns ? (probed_ns - bare_ns) / 2 : 0;
  // The mean has the interrupts in it, which the least round has not.
  probing_.own_ns = std::min<uint64_t>(totals.total_ns / totals.holds, probing_.probe_ns);
  skeleton_->bss->own_ns = probing_.own_ns;
  before_ = read_counters<hold_counters>(bpf_map__fd(skeleton_->maps.hold_counts));
  return {};
}

hold_counters LockHolds::counters() const {
  auto counts = read_counters<hold_counters>(bpf_map__fd(skeleton_->maps.hold_counts));
  counts.hits -= before_.hits;
  counts.acquisitions -= before_.acquisitions;
  counts.holds -= before_.holds;
  counts.captures_lost -= before_.captures_lost;
  return counts;
}

Result<void> LockHolds::put_probes_in() {
  skeleton_->bss->window = skeleton_->bss->window + 1;
  std::vector<Fd> links;
  for (const LockProbePlan& plan : plans_) {
    if (plan.probes.empty()) continue;
    TRY(Fd link, attach_uprobes(bpf_program__fd(skeleton_->progs.on_step), services_.target->pid,
                                plan.path, sites_of(plan)));
    links.push_back(std::move(link));
  }
  links_ = std::move(links);
  budget_.open_window();
  // Not before: it takes milliseconds, in which some of the probes stand.
  skeleton_->bss->is_recording = has_begun_;
  opened_ns_ = monotonic_ns();
  ++probing_.windows;
  return {};
}

void LockHolds::take_probes_away(uint64_t now_ns) {
  skeleton_->bss->is_recording = 0;
  if (has_begun_ && !links_.empty()) probing_.observed_ns += now_ns - opened_ns_;
  links_.clear();
}

void LockHolds::begin(uint64_t now_ns) {
  opened_ns_ = looked_ns_ = now_ns;
  cpu_ns_ = process_cpu_ns(services_.target->pid);
  hits_ = counters().hits;
  has_begun_ = true;
  skeleton_->bss->is_recording = 1;
}

void LockHolds::end(uint64_t now_ns) {
  take_probes_away(now_ns);
  has_begun_ = false;
}

void LockHolds::poll() {
  if (!is_running_ || !has_begun_) return;
  const uint64_t cpu_before = thread_cpu_ns();
  if (captures_allowed_ < kMostCaptures) {
    const int64_t left = skeleton_->bss->captures_left;
    captures_allowed_ += kCapturesAtOnce - std::max<int64_t>(left, 0);
    skeleton_->bss->captures_left = kCapturesAtOnce;
  }
  ring_.take_turn();
  keep_to_budget(monotonic_ns());
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

void LockHolds::keep_to_budget(uint64_t now_ns) {
  const uint64_t cpu_ns = std::max(cpu_ns_, process_cpu_ns(services_.target->pid));
  const uint64_t hits = counters().hits;
  const bool is_open = !links_.empty();
  budget_.pass(cpu_ns - cpu_ns_, (hits - hits_) * probing_.probe_ns,
               is_open ? now_ns - looked_ns_ : 0);
  probing_.target_cpu_ns += cpu_ns - cpu_ns_;
  cpu_ns_ = cpu_ns;
  hits_ = hits;
  if (is_open && budget_.is_spent()) {
    take_probes_away(now_ns);
  } else if (!is_open && budget_.affords_window()) {
    const Result<void> opened = put_probes_in();
    trouble_ = opened ? "" : opened.error().message;
  }
  looked_ns_ = monotonic_ns();
}

/// A library that has locks was loaded, or the process runs another program.
void LockHolds::mappings_changed() {
  if (!is_running_) return;
  std::vector<LockProbePlan> plans = services_.lock_probes();
  if (plans.empty() || same_probes(plans, plans_)) return;
  plans_ = std::move(plans);
  if (links_.empty()) return;
  take_probes_away(monotonic_ns());
  const Result<void> opened = put_probes_in();
  trouble_ = opened ? "" : opened.error().message;
}

void LockHolds::take_event(const void* bytes, size_t size) {
  hold_event event;
  CHECK(size >= sizeof(event));
  std::memcpy(&event, bytes, sizeof(event));
  CHECK(event.capture.stack_bytes == size - sizeof(event));
  // The calibration's lock has no stack of the target.
  if (event.capture.tid == 0) return;
  const Capture capture =
      capture_from(event.capture, static_cast<const uint8_t*>(bytes) + sizeof(event));
  const StackId stack = services_.unwind(capture);
  stacks_[event.address] = stack;
  exemplars_.offer(*services_.recording, event.address, stack, capture);
}

void LockHolds::checkpoint() {
  if (!is_running_) return;
  poll();
  write_results(monotonic_ns(), false);
}

void LockHolds::stop() {
  if (!is_running_) return;
  links_.clear();
  wait_for_running_programs();
  ring_.drain();
  write_results(0, true);
  is_running_ = false;
}

void LockHolds::write_results(uint64_t now_ns, bool is_final) {
  // Totals first: while the probes stand, what is counted after them would be more than they say.
  const uint64_t acquisitions = write_locks();
  hold_counters counts = counters();
  if (!is_final) counts.acquisitions = acquisitions;
  write_probing(now_ns, counts);
  write_coverage(counts);
}

/// Returns the sum of acquisitions.
uint64_t LockHolds::write_locks() {
  auto& rows = services_.recording->lock_holds;
  rows.clear();
  uint64_t acquisitions = 0;
  for_each_element<uint64_t, hold_totals>(
      bpf_map__fd(skeleton_->maps.held_locks), [&](uint64_t address, const hold_totals& totals) {
        const auto stack = stacks_.find(address);
        rows.push_back({.address = address,
                        .is_rwlock = totals.is_rwlock != 0,
                        .acquisitions = totals.acquisitions,
                        .try_failures = totals.try_failures,
                        .holds = totals.holds,
                        .total_ns = totals.total_ns,
                        .max_ns = totals.max_ns,
                        .histogram = {totals.histogram, totals.histogram + HISTOGRAM_BUCKETS},
                        .stack = stack == stacks_.end() ? StackId{} : stack->second});
        acquisitions += totals.acquisitions;
      });
  std::sort(rows.begin(), rows.end(),
            [](const LockHold& a, const LockHold& b) { return a.address < b.address; });
  return acquisitions;
}

void LockHolds::write_probing(uint64_t now_ns, const hold_counters& counts) {
  HoldProbing row = probing_;
  row.hits = counts.hits;
  if (!links_.empty() && now_ns > opened_ns_) row.observed_ns += now_ns - opened_ns_;
  services_.recording->hold_probing = {row};
}

std::string LockHolds::describe_probing(const hold_counters& counts) const {
  const HoldProbing& row = services_.recording->hold_probing.front();
  const double cpu_ns = static_cast<double>(std::max<uint64_t>(row.target_cpu_ns, 1));
  std::string text = fmt::format(
      "{} probes of {} ns took {:.2f} % of the target's CPU time (budget {:g} %), stood for {:.3f} "
      "s in {} windows; {} ns were subtracted from every hold",
      counts.hits, row.probe_ns, 100.0 * double(counts.hits * row.probe_ns) / cpu_ns,
      double(row.max_overhead_ppm) / kPpmPerPercent, double(row.observed_ns) / 1e9, row.windows,
      row.own_ns);
  if (counts.take_unseen > 0)
    text += fmt::format("; {} releases of locks that were not seen taken", counts.take_unseen);
  if (counts.captures_lost > 0)
    text += fmt::format("; {} stacks that would name a lock were not taken", counts.captures_lost);
  for (const LockProbePlan& plan : plans_)
    for (const std::string& sentence : plan.refused) text += "; " + sentence;
  return text;
}

/// Unresolved: taken, but let go of after the probes were gone, by another thread, or not yet.
void LockHolds::write_coverage(const hold_counters& counts) {
  uint64_t holds = 0;
  for (const LockHold& lock : services_.recording->lock_holds) holds += lock.holds;
  Coverage& row = coverage_row(*services_.recording, "lock_holds", "acquisitions");
  row.state = trouble_.empty() ? CollectorState::kOn : CollectorState::kDegraded;
  row.reason = describe_probing(counts);
  if (!trouble_.empty()) add_reason(row, trouble_);
  for (const std::string& omission : exemplars_.omissions()) add_reason(row, omission);
  row.lost.clear();
  row.attributed = holds;
  const uint64_t ended = holds + counts.nested_too_deep;
  row.unresolved = counts.acquisitions > ended ? counts.acquisitions - ended : 0;
  add_loss(row, "table of locks full", counts.lock_table_full);
  add_loss(row, "more than 8 locks held at once", counts.nested_too_deep);
  row.seen = row.attributed + row.unresolved + counts.nested_too_deep + counts.lock_table_full;
  row.own_cost_ns = own_cpu_ns_ + counts.hits * probing_.probe_ns;
  CHECK(coverage_holds(row));
}

Availability probe() {
  return probe_program([] { return load_programs({}, MAX_STACK_BYTES); });
}

const Registration<CollectorInfo> kLockHolds{
    {.name = "lock_holds",
     .summary = "every acquisition and hold time, by probes (on request: --collectors)",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<LockHolds>()); },
     .is_opt_in = true}};

}  // namespace
}  // namespace quarrel
