// How does a user read a recording?
#include <fmt/format.h>

#include "base/stop_signal.h"
#include "commands/command.h"
#include "commands/rendering.h"
#include "pipeline.h"
#include "store/combine.h"
#include "store/store.h"

namespace quarrel {
namespace {

std::vector<std::string> g_paths;
DiagnoseOptions g_diagnose;
RenderOptions g_render;

/// A file of facts alone: what the source says, with no run to weigh it.
int report_facts(const std::string& path, Progress& progress) {
  const auto diagnosis = diagnose_facts(path);
  if (!diagnosis.ok()) return fail("report", diagnosis.error().message);
  return render(*diagnosis, g_render, progress);
}

/// Of one process, or of several that were recorded at the same time.
Result<Recording> read_recordings(const std::vector<std::string>& paths) {
  std::vector<Recording> recordings;
  for (const std::string& path : paths) {
    TRY(Recording recording, read_recording(path));
    recordings.push_back(std::move(recording));
  }
  return combine_recordings(std::move(recordings));
}

int run(const std::vector<std::string>&) {
  if (auto checked = check_rendering(g_render); !checked)
    return fail("report", checked.error().message);
  catch_stop_signals();
  Progress progress;
  const auto contents = inspect_file(g_paths.front());
  if (g_paths.size() == 1 && contents.ok() && contents->has_facts && !contents->has_recording)
    return report_facts(g_paths.front(), progress);
  auto recording = read_recordings(g_paths);
  if (!recording) return fail("report", recording.error().message);
  g_diagnose.resolve.progress = [&](double done, std::string_view file) {
    progress.update(resolving_text(done, file));
    return stop_requests() == 0;
  };
  auto diagnosis = diagnose(std::move(*recording), g_diagnose);
  if (!diagnosis) return fail("report", diagnosis.error().message);
  return render(*diagnosis, g_render, progress);
}

std::vector<Option> option_list() {
  std::vector<Option> options = {
      {"files", "FILE",
       "a recording made by 'quarrel record', or facts of 'quarrel scan --facts'; several "
       "recordings "
       "of processes that were recorded at the same time are joined by the memory they share",
       &g_paths, true},
      {"--facts", "FILE", "join with the facts of 'quarrel scan --facts FILE'",
       &g_diagnose.facts_path},
      {"--sysroot", "DIR", "look for the target's files below DIR", &g_diagnose.resolve.sysroot},
      {"--debug-path", "DIR", "look for separate debug files here (default: /usr/lib/debug)",
       &g_diagnose.resolve.debug_path},
  };
  for (Option& option : render_option_list(g_render)) options.push_back(std::move(option));
  return options;
}

const Registration<Command> kReport{{
    "report",
    {.name = "report",
     .summary = "Name, join and rank what a recording holds",
     .details = "Prints text; needs no privileges. Exit: 0, 1 with --fail-on, 2 error.",
     .options = option_list()},
    run,
}};

}  // namespace
}  // namespace quarrel
