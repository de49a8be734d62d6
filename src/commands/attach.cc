// How does a user ask what a running process fights over, in one step?
#include <fmt/format.h>

#include "base/stop_signal.h"
#include "commands/command.h"
#include "commands/recording_options.h"
#include "commands/rendering.h"
#include "store/store.h"

namespace quarrel {
namespace {

RecordingArguments g_arguments;
DiagnoseOptions g_diagnose;
RenderOptions g_render;

/// The Ctrl-C that ended the recording is no request to skip names; one more is.
void show_resolving(Progress& progress) {
  const int requests = stop_requests();
  g_diagnose.resolve.progress = [&progress, requests](double done, std::string_view file) {
    progress.update(resolving_text(done, file));
    return stop_requests() == requests;
  };
}

/// What would only be noticed when the recording is over.
Result<void> check_before_recording() {
  g_render.overwrite = g_arguments.overwrite;
  TRY_VOID(check_rendering(g_render));
  if (g_diagnose.facts_path.empty()) return {};
  TRY(const FileContents facts, inspect_file(g_diagnose.facts_path));
  if (!facts.has_facts)
    return Error{g_diagnose.facts_path +
                 " holds no facts; 'quarrel scan --facts FILE' writes them"};
  return {};
}

int run(const std::vector<std::string>&) {
  auto options = to_record_options(g_arguments, {});
  if (!options) return fail("attach", options.error().message);
  if (auto checked = check_before_recording(); !checked)
    return fail("attach", checked.error().message);
  Progress progress;
  auto outcome = record_and_say(*options, progress);
  if (!outcome) return fail("attach", outcome.error().message);
  const int recorded = recording_exit_code(*outcome);
  if (outcome->recording.run.stop_reason != StopReason::kTargetExited) {
    g_diagnose.resolve.live_pid = outcome->recording.run.pid;
    g_diagnose.resolve.sysroot = fmt::format("/proc/{}/root", g_arguments.pid);
  }
  show_resolving(progress);
  auto diagnosis = diagnose(std::move(outcome->recording), g_diagnose);
  if (!diagnosis) return fail("attach", diagnosis.error().message);
  const int rendered = render(*diagnosis, g_render, progress);
  return rendered != kExitClean ? rendered : recorded;
}

std::vector<Option> option_list() {
  std::vector<Option> options = {
      {"pid", "PID", "the process to attach to", &g_arguments.pid, true},
      {"--facts", "FILE", "join with the facts of 'quarrel scan --facts FILE'",
       &g_diagnose.facts_path},
  };
  for (Option& option : recording_option_list(g_arguments)) options.push_back(std::move(option));
  for (Option& option : render_option_list(g_render))
    if (option.names != "--force") options.push_back(std::move(option));
  return options;
}

const Registration<Command> kAttach{{
    "attach",
    {.name = "attach",
     .summary = "Record a running process until Ctrl-C or -d, then report",
     .details = "Example:\n  quarrel attach 1234 -d 10s --html service.html\n\n"
                "The recording is kept, so that 'quarrel report' can read it again. Exit: 0,\n"
                "1 with --fail-on, 2 error, 3 a collector was off, 128+signal.",
     .options = option_list()},
    run,
}};

}  // namespace
}  // namespace quarrel
