// How does a verb of the command line declare its options, without knowing the parser?
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quarrel {

/// Exit codes that scripts may rely on; 128 + signal when a signal ended the run.
enum ExitCode : int { kExitClean = 0, kExitFindings = 1, kExitError = 2, kExitPartial = 3 };

/// Where the value of an option goes. A bool is a flag; nanoseconds are given as 10s, 250ms, 2m.
using OptionTarget = std::variant<bool*, std::string*, int64_t*, std::vector<std::string>*,
                                  std::optional<std::chrono::nanoseconds>*>;

struct Option {
  std::string names;       ///< "-p,--pid"; without a dash a positional: "file"
  std::string value_name;  ///< "PID" in the help; empty for a flag
  std::string help;
  OptionTarget target;
  bool is_required = false;
};

/// One verb. `options` point into storage that outlives the parse.
struct CommandSpec {
  std::string name;     ///< "record"
  std::string summary;  ///< one line in the list of verbs
  std::string details;  ///< printed below the options: examples, exit codes
  std::vector<Option> options;
  bool takes_command = false;       ///< accepts "-- CMD ARGS..."
  bool forwards_arguments = false;  ///< everything behind the verb is for another program
};

struct ParsedCommand {
  size_t index = 0;                  ///< into the specs
  std::vector<std::string> command;  ///< what stood behind "--", or all that is forwarded
};

/// Parses argv against the verbs; if there is exactly one spec and its name is empty, the program
/// has no verbs. Prints help (stdout) or a usage error (stderr, with a near match for a
/// misspelt verb) itself and then returns the exit code instead: 0 for help, 2 for misuse.
std::variant<ParsedCommand, int> parse_command_line(int argc, const char* const* argv,
                                                    std::string_view program,
                                                    std::string_view summary,
                                                    const std::vector<CommandSpec>& specs);

}  // namespace quarrel
