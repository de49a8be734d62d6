// How does a user read a recording?
#include <fmt/format.h>

#include "base/stop_signal.h"
#include "commands/command.h"
#include "commands/rendering.h"
#include "pipeline.h"
#include "store/store.h"

namespace quarrel {
namespace {

std::string g_path;
DiagnoseOptions g_diagnose;
RenderOptions g_render;

/// A file of facts alone: what the source says, with no run to weigh it.
int report_facts(Progress& progress) {
  const auto diagnosis = diagnose_facts(g_path);
  if (!diagnosis.ok()) return fail("report", diagnosis.error().message);
  return render(*diagnosis, g_render, progress);
}

int run(const std::vector<std::string>&) {
  catch_stop_signals();
  Progress progress;
  const auto contents = inspect_file(g_path);
  if (contents.ok() && contents->has_facts && !contents->has_recording)
    return report_facts(progress);
  auto recording = read_recording(g_path);
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
      {"file", "FILE", "a recording made by 'quarrel record', or facts of 'quarrel scan --facts'",
       &g_path, true},
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
