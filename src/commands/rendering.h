// Where does a diagnosis go, once a verb has made it?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/command_line.h"
#include "base/progress.h"
#include "base/result.h"
#include "model/diagnosis.h"

namespace quarrel {

/// The output options that `report` and `attach` share.
struct RenderOptions {
  std::string html_path;
  bool json = false;
  bool sarif = false;
  std::string fail_on;  ///< note | warning | error; empty: findings never fail the run
  bool overwrite = false;
};

/// The options as a verb declares them.
std::vector<Option> render_option_list(RenderOptions& options);

/// Whether render() can do what is asked for: worth asking before a long recording.
Result<void> check_rendering(const RenderOptions& options);

/// Prints the report on stdout, writes the HTML file if one is wanted, and returns the exit code.
int render(const Diagnosis& diagnosis, const RenderOptions& options, Progress& progress);

/// "resolving names: 40 %, reading libfoo.so (Ctrl-C skips the rest)".
std::string resolving_text(double share, std::string_view file);

/// Prints "quarrel VERB: message" on stderr and returns kExitError.
int fail(std::string_view verb, const std::string& message);

}  // namespace quarrel
