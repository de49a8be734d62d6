// How does one recording run, from the first probe to the last event?
#include "collect/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "collect/child_processes.h"
#include "collect/generated_code.h"
#include "model/mapping_at.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kNiceness = 10;
constexpr milliseconds kPollEvery{20};
constexpr milliseconds kCheckpointEvery{1000};
// A program maps its libraries right after it starts, and rarely later.
constexpr milliseconds kFirstRefresh{10};
constexpr milliseconds kLastRefresh{1000};
constexpr uint64_t kPageBytes = 4096;
constexpr size_t kMaxLookedFor = 4096;

nanoseconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

/// The others look closer at lines that were found, or start also where there is nothing for them:
/// no such hardware, no Go program.
bool finds_by_itself(const CollectorInfo& info) {
  constexpr std::array<std::string_view, 3> kOthers = {"watchpoints", "affinity_probe", "go_locks"};
  if (std::ranges::find(kOthers, info.name) != kOthers.end()) return false;
  return !info.is_often_missing || info.probe().state == CollectorState::kOn;
}

bool same_mappings(const std::vector<Mapping>& a, const std::vector<Mapping>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Mapping& x, const Mapping& y) {
    return x.start == y.start && x.end == y.end && x.module == y.module;
  });
}

class Session {
 public:
  Session(const Target& target, const SessionOptions& options, const SessionHooks& hooks,
          Recording& recording)
      : target_(target), options_(options), hooks_(hooks), recording_(recording) {}

  Result<void> run() {
    refresh();
    TRY_VOID(start_collectors());
    yield_to_target();
    started_ = monotonic_now();
    recording_.run.start_ns = static_cast<uint64_t>(started_.count());
    for (auto& collector : collectors_) collector->begin(recording_.run.start_ns);
    TRY_VOID(hooks_.on_attached());
    next_refresh_ = started_ + kFirstRefresh;
    next_checkpoint_ = started_ + kCheckpointEvery;
    refresh();
    TRY_VOID(collect_until_end());
    const nanoseconds ended = monotonic_now();
    recording_.run.duration_ns = static_cast<uint64_t>((ended - started_).count());
    for (auto& collector : collectors_) collector->end(static_cast<uint64_t>(ended.count()));
    for (auto& collector : collectors_) collector->stop();
    generated_code_.read_into(recording_);
    children_.write_coverage(recording_);
    return {};
  }

 private:
  /// The target's threads come first, once the probes stand: events wait in the ring buffers
  /// meanwhile. Before, a saturated machine would make half a second of loading take many. If the
  /// kernel refuses, the recording is as good, only less polite.
  static void yield_to_target() { (void)::setpriority(PRIO_PROCESS, 0, kNiceness); }

  bool is_wanted(const CollectorInfo& info) const {
    const auto is_in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), info.name) != names.end();
    };
    if (is_in(options_.also)) return true;
    return options_.only.empty() ? !info.is_opt_in : is_in(options_.only);
  }

  std::vector<CollectorInfo> wanted_collectors() const {
    std::vector<CollectorInfo> wanted;
    std::ranges::copy_if(CollectorRegistry::all(), std::back_inserter(wanted),
                         [this](const CollectorInfo& info) { return is_wanted(info); });
    std::ranges::stable_partition(wanted, &CollectorInfo::keeps_account_for_others);
    return wanted;
  }

  Result<void> start_collectors() {
    std::string reasons;
    bool is_any_of_use = false;
    for (const CollectorInfo& info : wanted_collectors()) {
      auto collector = info.create();
      auto started = collector->start(options_.collect, services());
      if (started) {
        collectors_.push_back(std::move(collector));
        is_any_of_use = is_any_of_use || finds_by_itself(info);
        continue;
      }
      recording_.coverage.push_back({.collector = std::string(info.name),
                                     .unit = "events",
                                     .state = CollectorState::kOff,
                                     .reason = started.error().message});
      reasons += fmt::format("\n  {}: {}", info.name, started.error().message);
    }
    if (collectors_.empty() || (!reasons.empty() && !is_any_of_use))
      return Error{"no collector could start, so there is nothing to record:" + reasons +
                   "\nRun 'quarrel doctor' for what this host allows"};
    return {};
  }

  CollectServices services() {
    return {.target = &target_,
            .recording = &recording_,
            .threads = &threads_,
            .unwind = [this](const Capture& capture) { return unwind(capture); },
            .add_stack = hooks_.add_stack,
            .unwind_tables = hooks_.unwind_tables,
            .lock_probes = hooks_.lock_probes,
            .allocation_probes = hooks_.allocation_probes,
            .go_probes = hooks_.go_probes,
            .decode_operands = hooks_.decode_operands,
            .import_perf_data = hooks_.import_perf_data,
            .watch_targets = hooks_.watch_targets,
            .access_before = hooks_.access_before,
            .shared_maps = shared_maps_};
  }

  /// Code at an address that no mapping holds was loaded since the last look: where the thread
  /// stands, or where its stack seems to end (a library that calls into one that is known).
  StackId unwind(const Capture& capture) {
    look_for(capture.registers[kRip]);
    const StackId stack = hooks_.unwind(capture);
    return look_for(end_of(stack)) ? hooks_.unwind(capture) : stack;
  }

  /// The outermost call of a stack that did not reach the thread's start, else 0.
  uint64_t end_of(StackId stack) const {
    if (!stack.is_valid()) return 0;
    const Stack& found = recording_.stacks[stack.value];
    if (found.status != StackStatus::kNoUnwindInfo) return 0;
    uint64_t pc = 0;
    for (FrameId frame = found.innermost; frame.is_valid();
         frame = recording_.frames[frame.value].caller)
      pc = recording_.frames[frame.value].pc;
    return pc;
  }

  /// True if the mappings were read again because of that address: once for each page, so that a
  /// compiler that makes code as it runs does not make this a habit.
  bool look_for(uint64_t address) {
    if (address == 0 || mapping_at(recording_.mappings, address) != nullptr) return false;
    if (monotonic_now() - last_refresh_ <= kFirstRefresh) return false;
    if (looked_for_.size() >= kMaxLookedFor) looked_for_.clear();
    if (!looked_for_.insert(address / kPageBytes).second) return false;
    refresh();
    return true;
  }

  void refresh() {
    const std::vector<Mapping> before = recording_.mappings;
    refresh_target_facts(target_, threads_, recording_);
    children_.look();
    last_refresh_ = monotonic_now();
    if (same_mappings(before, recording_.mappings)) return;
    hooks_.mappings_changed();
    for (auto& collector : collectors_) collector->mappings_changed();
  }

  Result<void> collect_until_end() {
    while (true) {
      pollfd exited{.fd = target_.pidfd.get(), .events = POLLIN, .revents = 0};
      ::poll(&exited, 1, static_cast<int>(kPollEvery.count()));
      for (auto& collector : collectors_) collector->poll();
      if (is_over()) return {};
      TRY_VOID(do_what_is_due());
    }
  }

  bool is_over() {
    StopReason& reason = recording_.run.stop_reason;
    if (has_exited(target_))
      reason = StopReason::kTargetExited;
    else if (hooks_.should_stop())
      reason = StopReason::kInterrupted;
    else if (options_.duration && monotonic_now() - started_ >= *options_.duration)
      reason = StopReason::kDuration;
    return reason != StopReason::kUnfinished;
  }

  Result<void> do_what_is_due() {
    const nanoseconds now = monotonic_now();
    if (now >= next_refresh_) {
      refresh();
      next_refresh_ = now + std::min<nanoseconds>(now - started_ + kFirstRefresh, kLastRefresh);
    }
    if (now < next_checkpoint_) return {};
    next_checkpoint_ = now + kCheckpointEvery;
    recording_.run.duration_ns = static_cast<uint64_t>((now - started_).count());
    for (auto& collector : collectors_) collector->checkpoint();
    return hooks_.on_checkpoint();
  }

  const Target& target_;
  const SessionOptions& options_;
  const SessionHooks& hooks_;
  Recording& recording_;
  ThreadTable threads_{target_, recording_};
  GeneratedCodeMap generated_code_{target_};
  ChildProcesses children_{target_};
  std::vector<std::unique_ptr<Collector>> collectors_;
  std::shared_ptr<SharedMaps> shared_maps_ = std::make_shared<SharedMaps>();
  std::set<uint64_t> looked_for_;  // pages
  nanoseconds started_{};
  nanoseconds last_refresh_{};
  nanoseconds next_refresh_{};
  nanoseconds next_checkpoint_{};
};

}  // namespace

Result<void> run_session(const Target& target, const SessionOptions& options,
                         const SessionHooks& hooks, Recording& recording) {
  return Session(target, options, hooks, recording).run();
}

}  // namespace quarrel
