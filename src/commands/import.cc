// How does a user read a recording of perf with quarrel?
#include <fmt/format.h>

#include "commands/command.h"
#include "commands/rendering.h"
#include "pipeline.h"

namespace quarrel {
namespace {

ImportOptions g_options;

std::string said_of(const Recording& recording, const std::string& path) {
  return fmt::format("Imported {} memory samples of {} thread{} ({}). Kept in {}",
                     recording.memory_samples.size(), recording.threads.size(),
                     recording.threads.size() == 1 ? "" : "s",
                     recording.run.command.empty() ? "unnamed" : recording.run.command, path);
}

int run(const std::vector<std::string>&) {
  Progress progress;
  const auto outcome = import_recording(g_options);
  if (!outcome) return fail("import", outcome.error().message);
  progress.say(said_of(outcome->recording, outcome->path));
  bool is_partial = false;
  for (const Coverage& row : outcome->recording.coverage) {
    if (!row.reason.empty()) progress.say(row.collector + ": " + row.reason);
    is_partial |= lost_total(row) > 0 || row.state != CollectorState::kOn;
  }
  progress.say("Next: quarrel report " + outcome->path);
  return is_partial ? kExitPartial : kExitClean;
}

const Registration<Command> kImport{{
    "import",
    {.name = "import",
     .summary = "Take in the memory samples of perf c2c record or perf mem record",
     .details =
         "Where the processor can sample memory accesses (Intel PEBS, AMD IBS, Arm SPE):\n"
         "  perf c2c record -o perf.data -p PID -- sleep 10\n"
         "  quarrel import perf.data\n"
         "  quarrel report perf.data.quarrel\n\n"
         "The report then has the lines with HITM, peer snoops, loads and stores as perf c2c\n"
         "counts them, with fields, threads, source lines, and whether the sharing is false.\n"
         "The file may come from another host: 'quarrel report --sysroot DIR' names its files.\n"
         "Recordings of perf 5.4 to 6.x, also piped (perf record -o -) or compressed (-z).\n\n"
         "Exit: 0 imported, 2 error, 3 imported, but some records were lost or damaged.",
     .options = {{"file", "FILE", "what 'perf c2c record' or 'perf mem record' wrote",
                  &g_options.input, true},
                 {"-o,--output", "FILE", "keep the recording here (default: FILE.quarrel)",
                  &g_options.output},
                 {"--force", "", "replace the output file if it exists", &g_options.overwrite}}},
    run,
}};

}  // namespace
}  // namespace quarrel
