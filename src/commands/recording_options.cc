// Which options do the verbs share that record a process?
#include "commands/recording_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/stop_signal.h"
#include "collect/collector.h"

namespace quarrel {
namespace {

constexpr int64_t kMaxSampleHz = 10'000;
constexpr int64_t kMaxCapturesPerS = 100'000;
constexpr int kMaxOverheadPercent = 100;
constexpr int64_t kMaxLocks = 1 << 20;
constexpr int64_t kMaxWatchBudgetMs = 10'000;

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    if (end > start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

Result<void> check_range(std::string_view option, int64_t value, int64_t max) {
  if (value >= 1 && value <= max) return {};
  return Error{fmt::format("{} takes a number from 1 to {}, not {}", option, max, value)};
}

Result<double> overhead_percent(const std::string& text) {
  double percent = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && percent > 0 &&
      percent <= kMaxOverheadPercent)
    return percent;
  return Error{fmt::format("--max-overhead takes a percentage above 0, at most {}, not {}",
                           kMaxOverheadPercent, text)};
}

Result<WaitStackMode> wait_stack_mode(const std::string& name) {
  if (name == "copied") return WaitStackMode::kCopied;
  if (name == "unwound") return WaitStackMode::kUnwound;
  if (name == "exact") return WaitStackMode::kExact;
  return Error{"--wait-stacks takes copied, unwound or exact, not " + name};
}

Result<void> check_collectors(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (CollectorRegistry::find(name) == nullptr)
      return Error{fmt::format("no such collector: {}; 'quarrel doctor' lists them", name)};
  return {};
}

/// A collector that could not work, although most hosts have what it needs.
bool is_gap(const Coverage& coverage) {
  const CollectorInfo* info = CollectorRegistry::find(coverage.collector);
  return coverage.state == CollectorState::kOff && (info == nullptr || !info->is_often_missing);
}

std::string_view stop_text(StopReason reason) {
  switch (reason) {
    case StopReason::kDuration:
      return "the duration is over";
    case StopReason::kInterrupted:
      return "stopped by a signal";
    case StopReason::kTargetExited:
      return "the target exited";
    case StopReason::kUnfinished:
      return "unfinished";
    case StopReason::kImported:
      return "imported";
  }
  return "";
}

}  // namespace

std::vector<Option> recording_option_list(RecordingArguments& arguments) {
  return {
      {"-d,--duration", "TIME", "stop after 10s, 500ms, 2m, ... (default: until Ctrl-C or exit)",
       &arguments.duration},
      {"-o,--output", "FILE", "keep the recording here (default: a name from target and time)",
       &arguments.output},
      {"--collectors", "LIST",
       "only these: lock_waits,line_samples,watchpoints (the default), kernel_locks, lock_holds, "
       "...",
       &arguments.only},
      {"--sample-hz", "N", "timer samples per second and CPU (default: 499)", &arguments.sample_hz},
      {"--max-captures", "N", "waits per second whose stack is copied (default: 2000)",
       &arguments.max_captures_per_s},
      {"--max-locks", "N",
       "lock words in the kernel's tables (up to a power of two), with 8 rows of waiters and 4 of "
       "holders for each (default: 8192)",
       &arguments.max_locks},
      {"--wait-stacks", "MODE",
       "copied: a sample, unwound here; unwound: the same in the kernel; exact: every wait, there "
       "(default: copied)",
       &arguments.wait_stacks},
      {"--max-overhead", "PERCENT",
       "of the target's CPU time that probes of lock_holds, and of allocations, may take (default: "
       "2)",
       &arguments.max_overhead_percent},
      {"--watch-budget", "MS",
       "for how long hardware watchpoints may hold up the target's threads in all, in "
       "milliseconds; "
       "0: none (default: 50)",
       &arguments.watch_budget_ms},
      {"--probe-affinity", "",
       "put threads that share a cache line on one CPU for eight quarters of a second, and back: "
       "shows the harm where they always run side by side, and costs them that time",
       &arguments.probes_affinity},
      {"--force", "", "replace output files that exist", &arguments.overwrite},
  };
}

Result<RecordOptions> to_record_options(const RecordingArguments& arguments,
                                        const std::vector<std::string>& command) {
  if ((arguments.pid > 0) == !command.empty())
    return Error{"give either a process (-p PID) or a command (-- CMD ARGS...)"};
  TRY_VOID(check_range("--sample-hz", arguments.sample_hz, kMaxSampleHz));
  TRY_VOID(check_range("--max-captures", arguments.max_captures_per_s, kMaxCapturesPerS));
  TRY_VOID(check_range("--max-locks", arguments.max_locks, kMaxLocks));
  if (arguments.watch_budget_ms != 0)
    TRY_VOID(check_range("--watch-budget", arguments.watch_budget_ms, kMaxWatchBudgetMs));
  RecordOptions options;
  options.pid = static_cast<int32_t>(std::min<int64_t>(arguments.pid, INT32_MAX));
  options.command = command;
  options.output = arguments.output;
  options.overwrite = arguments.overwrite;
  options.session.duration = arguments.duration;
  options.session.only = split_at_commas(arguments.only);
  options.session.collect.sample_hz = static_cast<uint32_t>(arguments.sample_hz);
  options.session.collect.max_captures_per_s = static_cast<uint32_t>(arguments.max_captures_per_s);
  TRY(options.session.collect.max_overhead_percent,
      overhead_percent(arguments.max_overhead_percent));
  options.session.collect.max_locks = static_cast<uint32_t>(arguments.max_locks);
  options.session.collect.watch_budget = std::chrono::milliseconds(arguments.watch_budget_ms);
  TRY(options.session.collect.wait_stacks, wait_stack_mode(arguments.wait_stacks));
  if (arguments.probes_affinity) options.session.also.push_back("affinity_probe");
  TRY_VOID(check_collectors(options.session.only));
  return options;
}

Result<RecordOutcome> record_and_say(const RecordOptions& options, Progress& progress) {
  catch_stop_signals();
  TRY(RecordOutcome outcome, record(options, progress));
  const Run& run = outcome.recording.run;
  progress.say(fmt::format("Recorded {} (pid {}) for {:.1f} s: {}. Kept in {}", run.command,
                           run.pid, double(run.duration_ns) / 1e9, stop_text(run.stop_reason),
                           outcome.path));
  for (const Coverage& coverage : outcome.recording.coverage)
    if (is_gap(coverage))
      progress.say(fmt::format("{} was off: {}", coverage.collector, coverage.reason));
  return outcome;
}

int recording_exit_code(const RecordOutcome& outcome) {
  if (stop_signal() != 0) return 128 + stop_signal();
  if (outcome.command_status.value_or(0) != 0) return *outcome.command_status;
  const auto& coverage = outcome.recording.coverage;
  const bool is_partial = std::any_of(coverage.begin(), coverage.end(), is_gap);
  return is_partial ? kExitPartial : kExitClean;
}

}  // namespace quarrel
