// How does a user keep the evidence of a run for later?
#include "commands/command.h"
#include "commands/recording_options.h"
#include "commands/rendering.h"

namespace quarrel {
namespace {

RecordingArguments g_arguments;
bool g_sees_allocations = false;

int run(const std::vector<std::string>& command) {
  auto options = to_record_options(g_arguments, command);
  if (!options) return fail("record", options.error().message);
  if (g_sees_allocations && command.empty())
    return fail("record",
                "--allocations needs a command (-- CMD ARGS...): of a process that runs already "
                "nobody knows who allocated what");
  if (g_sees_allocations) options->session.also.emplace_back("allocations");
  Progress progress;
  auto outcome = record_and_say(*options, progress);
  if (!outcome) return fail("record", outcome.error().message);
  progress.say("Next: quarrel report " + outcome->path);
  return recording_exit_code(*outcome);
}

std::vector<Option> option_list() {
  std::vector<Option> options = {
      {"-p,--pid", "PID", "attach to this running process", &g_arguments.pid}};
  for (Option& option : recording_option_list(g_arguments)) options.push_back(std::move(option));
  options.push_back(
      {"--allocations", "",
       "say which call allocated the heap memory that threads fight over; with -- CMD, "
       "within --max-overhead",
       &g_sees_allocations});
  return options;
}

const Registration<Command> kRecord{{
    "record",
    {.name = "record",
     .summary = "Record lock waits and cache-line accesses of a process",
     .details = "Examples:\n"
                "  quarrel record -p 1234 -d 10s -o service.quarrel\n"
                "  quarrel record -- ./benchmark --threads 8\n"
                "  quarrel record --allocations -- ./benchmark\n\n"
                "The first Ctrl-C stops and keeps the data. Exit: 0 recorded, 2 error, 3 a\n"
                "collector was off, 128+signal if stopped by one; with -- CMD, its exit status.",
     .options = option_list(),
     .takes_command = true},
    run,
}};

}  // namespace
}  // namespace quarrel
