// Which options do the verbs share that record a process?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "pipeline.h"

namespace quarrel {

/// Options of `record` and `attach` as the command line gives them.
struct RecordingArguments {
  int64_t pid = 0;
  std::optional<std::chrono::nanoseconds> duration;
  std::string output;
  std::string only;  ///< collectors, separated by commas
  int64_t sample_hz = 499;
  int64_t max_captures_per_s = 2000;
  int64_t max_locks = 8192;
  int64_t watch_budget_ms = 50;
  std::string wait_stacks = "copied";
  std::string max_overhead_percent = "2";
  bool probes_affinity = false;
  bool overwrite = false;
};

/// The options both verbs share; the process to record is named differently in each.
std::vector<Option> recording_option_list(RecordingArguments& arguments);

/// Checks ranges and names. Errors name the option and what it takes.
Result<RecordOptions> to_record_options(const RecordingArguments& arguments,
                                        const std::vector<std::string>& command);

/// Records, and says on stderr what was recorded and where it is kept.
Result<RecordOutcome> record_and_say(const RecordOptions& options, Progress& progress);

/// The exit code of a run that recorded: 128 + signal if one stopped it, a started command's own
/// status, kExitPartial if a collector could not work, else clean.
int recording_exit_code(const RecordOutcome& outcome);

}  // namespace quarrel
