// Which goroutines of a Go program wait for its locks, and which of them make others wait?
//
// bpf/go_locks.bpf.c adds up every wait by lock, goroutine and stack. Where the probes stand is
// found by decoding the program (resolve/go_probes.h). Programs that are not Go are left alone.
#include <bpf/bpf.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <unordered_map>

#include "base/check.h"
#include "collect/availability.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/goroutine_numbers.h"
#include "collect/kernel_session.h"
#include "collect/program_cost.h"
#include "collect/uprobes.h"
#include "go_locks.skel.h"
#include "lock_wait_decisions.h"
#include "probe_decisions.h"

namespace quarrel {
namespace {

constexpr size_t kMaxFrames = 64;  // as in bpf/go_locks.bpf.c

// If a probe misses the end of a wait, another goroutine may get the runtime.g of the one that had
// it. A field that is no number changes in most waits.
constexpr uint64_t kWaitsPerChangedNumber = 100;

static_assert(int{GO_WAITS} == int(GoStep::kWaits));
static_assert(int{GO_STOPS_WAITING} == int(GoStep::kStopsWaiting));
static_assert(int{GO_RELEASES} == int(GoStep::kReleases));

struct SkeletonFree {
  void operator()(go_locks_bpf* skeleton) const { go_locks_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<go_locks_bpf, SkeletonFree>;

Result<Skeleton> load_programs(const TargetFilter& filter) {
  const LibbpfLog log;
  Skeleton skeleton(go_locks_bpf__open());
  if (!skeleton) return log.describe("opening the go_locks program", errno);
  set_target(*skeleton, filter);
  expect_uprobes(skeleton->progs.on_go_step);
  if (const int error = go_locks_bpf__load(skeleton.get()); error != 0)
    return log.describe("loading the go_locks program (uprobe_multi, Linux 6.6)", -error);
  return skeleton;
}

std::vector<UprobeSite> sites_of(const GoProbePlan& plan) {
  std::vector<UprobeSite> sites;
  for (const GoProbe& probe : plan.probes)
    sites.push_back(
        {probe.file_offset, probe_cookie(static_cast<uint64_t>(probe.step), probe.lock_offset,
                                         probe.condition, static_cast<uint64_t>(probe.kind))});
  return sites;
}

class GoLocks final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t now_ns) override;
  void end(uint64_t now_ns) override;
  void poll() override { program_cost_.poll(); }
  void stop() override;
  void checkpoint() override;
  void mappings_changed() override;

 private:
  Result<void> look_for_go();
  Result<void> attach(const GoProbePlan& plan);
  StackId stack_of(uint64_t stack_key);
  void write_results(uint64_t open_until_ns);
  void write_waits(uint64_t open_until_ns);
  void write_locks();
  void write_holds();
  void judge_numbers();
  void write_coverage();
  void add_reasons(const go_counters& counts, Coverage& row) const;

  CollectServices services_;
  Skeleton skeleton_;
  std::string path_;  // of the program that is probed
  std::string refused_;
  Fd link_;
  ProgramCost program_cost_;
  std::unordered_map<uint64_t, StackId> stacks_;
  uint64_t ended_ns_ = 0;
  uint64_t open_ = 0;
  bool has_begun_ = false;
  GoroutineNumbers numbers_;  // of all that is written
  bool has_numbers_ = false;  // where they stand is known
  bool are_numbers_sound_ = false;
};

Result<void> GoLocks::start(const CollectOptions&, CollectServices services) {
  services_ = std::move(services);
  return look_for_go();
}

/// A process has one Go program, which it may exchange for another by exec.
Result<void> GoLocks::look_for_go() {
  if (!services_.go_probes) return {};
  for (const GoProbePlan& plan : services_.go_probes()) {
    if (plan.path == path_) return {};
    path_ = plan.path;
    refused_ = plan.refused;
    return plan.probes.empty() ? Result<void>() : attach(plan);
  }
  return {};
}

Result<void> GoLocks::attach(const GoProbePlan& plan) {
  if (!skeleton_) {
    TRY(skeleton_, load_programs(filter_for(services_.target->pid)));
  }
  skeleton_->bss->goroutine_id_offset = plan.goroutine_id_offset;
  has_numbers_ = plan.goroutine_id_offset != 0;
  TRY(link_, attach_uprobes(bpf_program__fd(skeleton_->progs.on_go_step), services_.target->pid,
                            plan.path, sites_of(plan)));
  skeleton_->bss->is_recording = has_begun_;
  if (has_begun_) program_cost_.start({skeleton_->progs.on_go_step});
  return {};
}

void GoLocks::begin(uint64_t) {
  has_begun_ = true;
  if (!skeleton_) return;
  skeleton_->bss->is_recording = 1;
  program_cost_.start({skeleton_->progs.on_go_step});
}

void GoLocks::end(uint64_t now_ns) {
  ended_ns_ = now_ns;
  has_begun_ = false;
  if (skeleton_) skeleton_->bss->is_recording = 0;
}

void GoLocks::mappings_changed() {
  const Result<void> found = look_for_go();
  if (!found) refused_ = found.error().message;
}

void GoLocks::checkpoint() {
  write_results(0);
}

void GoLocks::stop() {
  link_.reset();
  if (skeleton_) wait_for_running_programs();
  write_results(ended_ns_);
}

void GoLocks::write_results(uint64_t open_until_ns) {
  if (path_.empty()) return;
  if (skeleton_) {
    numbers_ = {};
    write_waits(open_until_ns);
    write_locks();
    write_holds();
    judge_numbers();
  }
  write_coverage();
}

StackId GoLocks::stack_of(uint64_t stack_key) {
  const auto [place, is_new] = stacks_.try_emplace(stack_key);
  std::array<uint64_t, kMaxFrames> addresses{};
  const int map = bpf_map__fd(skeleton_->maps.stack_table);
  if (!is_new || stack_key == 0 || !services_.add_stack ||
      bpf_map_lookup_elem(map, &stack_key, addresses.data()) != 0)
    return place->second;
  std::vector<Frame> calls;
  for (const uint64_t pc : addresses)
    if (pc != 0) calls.push_back({.caller = {}, .pc = pc, .is_return_address = !calls.empty()});
  if (!calls.empty()) place->second = services_.add_stack(calls);
  return place->second;
}

/// Waits under way at the end count with the time so far.
void GoLocks::write_waits(uint64_t open_until_ns) {
  auto& rows = services_.recording->goroutine_waits;
  rows.clear();
  const auto add = [&](const go_wait_key& key, const wait_totals& totals) {
    numbers_.see(key.goroutine, key.g);
    rows.push_back({.address = key.address,
                    .kind = static_cast<GoLockKind>(std::min<uint32_t>(key.kind, 2)),
                    .goroutine = key.goroutine,
                    .stack = stack_of(key.stack),
                    .count = totals.count,
                    .total_ns = totals.total_ns,
                    .max_ns = totals.max_ns});
  };
  for_each_element<go_wait_key, wait_totals>(bpf_map__fd(skeleton_->maps.go_waits), add);
  open_ = 0;
  if (open_until_ns == 0) return;
  for_each_element<uint64_t, go_open_wait>(
      bpf_map__fd(skeleton_->maps.go_open_waits), [&](uint64_t, const go_open_wait& open) {
        if (open.start_ns >= open_until_ns) return;
        const uint64_t wait_ns = open_until_ns - open.start_ns;
        add(open.key, {.count = 1, .total_ns = wait_ns, .max_ns = wait_ns});
        ++open_;
      });
}

void GoLocks::write_locks() {
  auto& rows = services_.recording->goroutine_locks;
  rows.clear();
  for_each_element<uint64_t, go_lock_record>(
      bpf_map__fd(skeleton_->maps.go_locks), [&](uint64_t address, const go_lock_record& lock) {
        rows.push_back({.address = address,
                        .kind = static_cast<GoLockKind>(std::min<uint32_t>(lock.kind, 2)),
                        .histogram = {lock.histogram, lock.histogram + HISTOGRAM_BUCKETS},
                        .handoff_ns = lock.handoff_ns});
      });
}

void GoLocks::write_holds() {
  auto& rows = services_.recording->goroutine_holds;
  rows.clear();
  for_each_element<go_wait_key, go_hold_totals>(
      bpf_map__fd(skeleton_->maps.go_holds),
      [&](const go_wait_key& key, const go_hold_totals& totals) {
        numbers_.see(key.goroutine, key.g);
        rows.push_back({.address = key.address,
                        .goroutine = key.goroutine,
                        .stack = stack_of(key.stack),
                        .releases = totals.releases,
                        .waiter_ns = totals.waiter_ns});
      });
}

/// A program without debug information tells by its code alone where the numbers stand: what was
/// read there has to look like numbers, or no goroutine is told apart.
void GoLocks::judge_numbers() {
  const auto counts = read_counters<go_counters>(bpf_map__fd(skeleton_->maps.go_counts));
  const bool are_kept = counts.changed_number <= counts.ended / kWaitsPerChangedNumber;
  are_numbers_sound_ = has_numbers_ && numbers_.are_sound() && are_kept;
  if (are_numbers_sound_) return;
  for (GoroutineWait& wait : services_.recording->goroutine_waits) wait.goroutine = 0;
  for (GoroutineHold& hold : services_.recording->goroutine_holds) hold.goroutine = 0;
}

void GoLocks::write_coverage() {
  Coverage& row = coverage_row(*services_.recording, "go_locks", "waits of goroutines");
  row.state = refused_.empty() ? CollectorState::kOn : CollectorState::kOff;
  row.reason = refused_;
  row.lost.clear();
  if (!skeleton_) return;
  const auto counts = read_counters<go_counters>(bpf_map__fd(skeleton_->maps.go_counts));
  row.attributed = 0;
  for (const GoroutineWait& wait : services_.recording->goroutine_waits)
    row.attributed += wait.count;
  add_loss(row, "table of waits full", counts.wait_table_full);
  add_loss(row, "table of goroutines full", counts.open_table_full);
  row.seen = row.attributed + counts.wait_table_full + counts.open_table_full;
  add_reasons(counts, row);
  row.own_cost_ns = program_cost_.total_ns();
  CHECK(coverage_holds(row));
}

void GoLocks::add_reasons(const go_counters& counts, Coverage& row) const {
  if (counts.lock_table_full + counts.hold_table_full > 0)
    add_reason(row, fmt::format("{} times the table of locks or holders was full",
                                counts.lock_table_full + counts.hold_table_full));
  if (counts.unreadable > 0)
    add_reason(row, fmt::format("{} times a goroutine had no readable number", counts.unreadable));
  if (counts.without_stack > 0)
    add_reason(row, fmt::format("{} waits and releases without a stack", counts.without_stack));
  if (are_numbers_sound_) return;
  if (row.state == CollectorState::kOn) row.state = CollectorState::kDegraded;
  add_reason(row, has_numbers_ ? "what was read as the numbers of goroutines cannot be that, so "
                                 "that they are not told apart"
                               : "neither debug information nor code tells where goroutines have "
                                 "their numbers, so that they are not told apart");
}

Availability probe() {
  return probe_program([] { return load_programs({}); });
}

const Registration<CollectorInfo> kGoLocks{
    {.name = "go_locks",
     .summary = "goroutines that wait for sync.Mutex and sync.RWMutex, in Go programs",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<GoLocks>()); }}};

}  // namespace
}  // namespace quarrel
