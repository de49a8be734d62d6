// What happens, in which order, from a process to a report?
//
//   collect (kernel) -> record (disk) -> resolve (names) -> join (findings) -> report (text)
//
// Every stage takes what the one before it returned and shares nothing else with it than the
// passive structs of src/model/. The verbs in src/commands/ call the two functions below, and then
// render the diagnosis with a format of src/report/.
#include "pipeline.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <future>

#include "base/stop_signal.h"
#include "checks/check.h"
#include "collect/launch.h"
#include "import/import.h"
#include "join/join.h"
#include "join/line_guess.h"
#include "join/lock_guess.h"
#include "resolve/binary_facts.h"
#include "resolve/capture_reader.h"
#include "store/store.h"

namespace quarrel {
namespace {

// Samples of line_samples are kept one by one: 499 a second and CPU.
constexpr std::chrono::nanoseconds kLongestWatch = std::chrono::minutes(5);

std::string default_path(const Target& target, const std::string& name) {
  return fmt::format("quarrel-{}-{}-{:%Y%m%dT%H%M%SZ}.quarrel", name, target.pid,
                     fmt::gmtime(std::time(nullptr)));
}

std::string file_name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string status_line(const Recording& recording) {
  return fmt::format(
      "recording {} ({}): {:.0f} s, {} threads, {} samples, {} stacks; "
      "Ctrl-C stops and keeps the data",
      recording.run.command, recording.run.pid, double(recording.run.duration_ns) / 1e9,
      recording.threads.size(), recording.line_samples.size(), recording.stacks.size());
}

Result<Recording> import_perf_file(const std::string& path) {
  TRY(const auto input, open_perf_input(path));
  auto recording = import_perf_data(*input);
  if (!recording) return Error{path + ": " + recording.error().message};
  return recording;
}

/// What the session may ask of the other stages while it runs.
SessionHooks reader_hooks(CaptureReader& reader) {
  return {
      .unwind = [&](const Capture& capture) { return reader.unwind(capture); },
      .add_stack = [&](const std::vector<Frame>& calls) { return reader.add_stack(calls); },
      .unwind_tables = [&] { return reader.unwind_tables(); },
      .lock_probes = [&] { return reader.lock_probes(); },
      .allocation_probes = [&] { return reader.allocation_probes(); },
      .go_probes = [&] { return reader.go_probes(); },
      .decode_operands = [&](const Capture& capture) { return reader.decode_operands(capture); },
      .import_perf_data = import_perf_file,
      .watch_targets = [&] { return reader.watch_targets(); },
      .access_before = [&](uint64_t ip) { return reader.access_before(ip); },
      .mappings_changed = [&] { reader.mappings_changed(); },
  };
}

SessionHooks make_hooks(CaptureReader& reader, RecordingWriter& writer, Recording& recording,
                        LaunchedCommand* launched, Progress& progress) {
  SessionHooks hooks = reader_hooks(reader);
  hooks.on_attached = [launched, &recording, &progress]() -> Result<void> {
    progress.say(fmt::format("Attached to {} (pid {}); Ctrl-C stops and keeps the data",
                             recording.run.command, recording.run.pid));
    return launched ? launched->release() : Result<void>();
  };
  hooks.on_checkpoint = [&]() -> Result<void> {
    progress.update(status_line(recording));
    reader.write_coverage();
    return writer.checkpoint(recording);
  };
  hooks.should_stop = [] { return stop_requests() > 0; };
  return hooks;
}

/// Names and judges copies of a growing recording, one at a time, in a thread of its own.
class Observer {
 public:
  Observer(const WatchOptions& options, const std::function<void(Diagnosis)>& show)
      : options_(options), show_(show) {
    options_.diagnose.resolve.cache = &names_;
  }

  /// Skips the copy while the last one is still being worked on.
  void offer(const Recording& recording) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ >= options_.interval && !is_busy()) start(recording);
  }

  /// The last picture is of everything.
  void finish(const Recording& recording) {
    if (work_.valid()) work_.wait();
    start(recording);
  }

 private:
  void start(const Recording& recording) {
    last_ = std::chrono::steady_clock::now();
    work_ = std::async(std::launch::async, [this, copy = recording]() mutable {
      auto diagnosis = diagnose(std::move(copy), options_.diagnose);
      if (diagnosis) show_(std::move(*diagnosis));
    });
  }

  bool is_busy() const {
    return work_.valid() && work_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  }

  WatchOptions options_;
  const std::function<void(Diagnosis)>& show_;
  NameCache names_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::future<void> work_;  // its end is awaited before the members above go
};

/// One recording of a watch; true if the watch goes on with another.
Result<bool> watch_once(const Target& target, const WatchOptions& options, Observer& observer,
                        const std::function<bool()>& should_stop) {
  Recording recording;
  recording.run = {.tool_version = QUARREL_VERSION, .pid = target.pid, .host = read_host_facts()};
  recording.run.command = target.name;
  CaptureReader reader(recording, target.root, target.pid);
  SessionHooks hooks = reader_hooks(reader);
  hooks.on_attached = [] { return Result<void>(); };
  hooks.on_checkpoint = [&]() -> Result<void> {
    reader.write_coverage();
    observer.offer(recording);
    return {};
  };
  hooks.should_stop = should_stop;
  TRY_VOID(run_session(target, options.session, hooks, recording));
  reader.write_coverage();
  if (!should_stop()) observer.finish(recording);
  return recording.run.stop_reason == StopReason::kDuration;
}

}  // namespace

Result<RecordOutcome> record(const RecordOptions& options, Progress& progress) {
  std::optional<LaunchedCommand> launched;
  if (!options.command.empty()) {
    TRY(LaunchedCommand child, LaunchedCommand::start(options.command));
    launched.emplace(std::move(child));
  }
  TRY(Target target, open_target(launched ? launched->pid() : options.pid));
  target.is_launched = launched.has_value();

  RecordOutcome outcome;
  Recording& recording = outcome.recording;
  recording.run = {.tool_version = QUARREL_VERSION, .pid = target.pid, .host = read_host_facts()};
  recording.run.command = launched ? file_name_of(options.command[0]) : target.name;
  outcome.path =
      options.output.empty() ? default_path(target, recording.run.command) : options.output;
  TRY(const auto writer, RecordingWriter::create(outcome.path, options.overwrite));

  CaptureReader reader(recording, target.root, target.pid);
  const SessionHooks hooks =
      make_hooks(reader, *writer, recording, launched ? &*launched : nullptr, progress);
  if (auto ran = run_session(target, options.session, hooks, recording); !ran) {
    // What holds nothing would only be in the way of the next attempt.
    if (!writer->has_data()) (void)std::remove(outcome.path.c_str());
    if (launched && recording.run.duration_ns > 0)
      progress.say("Recording failed; waiting for the command to end");
    return std::move(ran.error());
  }
  reader.write_coverage();
  // ---- Nothing below reads the kernel or the target. -------------------------------------------

  TRY_VOID(writer->checkpoint(recording));
  if (launched) outcome.command_status = launched->wait();
  return outcome;
}

Result<RecordOutcome> import_recording(const ImportOptions& options) {
  TRY(Recording recording, import_perf_file(options.input));
  RecordOutcome outcome{.recording = std::move(recording), .path = options.output};
  if (outcome.path.empty()) outcome.path = options.input + ".quarrel";
  TRY(const auto writer, RecordingWriter::create(outcome.path, options.overwrite));
  TRY_VOID(writer->checkpoint(outcome.recording));
  return outcome;
}

Result<Diagnosis> diagnose(Recording recording, const DiagnoseOptions& options) {
  std::optional<SourceFacts> facts;
  std::vector<Finding> static_findings;
  if (!options.facts_path.empty()) {
    TRY(facts, read_facts(options.facts_path));
    static_findings = run_checks(*facts);
  }

  Profile profile = resolve(std::move(recording), options.resolve);
  // ---- Nothing below opens a file of the target, or knows an ELF or DWARF structure. -----------

  if (facts) {
    guess_lock_names(*facts, profile);
    guess_line_names(*facts, profile.lines);
  }
  return join(
      {.profile = profile, .facts = facts ? &*facts : nullptr, .static_findings = static_findings});
}

Result<void> watch(const WatchOptions& options, const std::function<void(Diagnosis)>& show,
                   const std::function<bool()>& should_stop) {
  TRY(const Target target, open_target(options.pid));
  WatchOptions part = options;
  part.diagnose.resolve.sysroot = target.root;
  part.diagnose.resolve.live_pid = target.pid;
  part.diagnose.resolve.progress = [&](double, std::string_view) { return !should_stop(); };
  auto left = options.session.duration.value_or(std::chrono::nanoseconds::max());
  for (bool goes_on = true; goes_on && left.count() > 0;) {
    part.session.duration = std::min(left, kLongestWatch);
    left -= *part.session.duration;
    Observer observer(part, show);
    TRY(goes_on, watch_once(target, part, observer, should_stop));
  }
  return {};
}

Result<Diagnosis> diagnose_facts(const std::string& path) {
  TRY(const SourceFacts facts, read_facts(path));
  return join_static(facts, run_checks(facts));
}

Result<SourceFacts> read_layouts(const std::string& binary, const std::string& debug_path) {
  BinaryFactsOptions options;
  options.paths.debug_path = debug_path;
  return read_binary_facts(binary, options);
}

}  // namespace quarrel
