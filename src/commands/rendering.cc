// Where does a diagnosis go, once a verb has made it?
#include "commands/rendering.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/output_file.h"
#include "report/format.h"

namespace quarrel {
namespace {

constexpr std::array<std::string_view, 3> kLevels = {"note", "warning", "error"};

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

std::string render_as(std::string_view format, const Diagnosis& diagnosis, bool colour) {
  const Format* found = FormatRegistry::find(format);
  CHECK(found != nullptr);
  return found->render(diagnosis, {.colour = colour});
}

size_t level_index(std::string_view level) {
  return size_t(std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin());
}

bool has_finding_at(const Diagnosis& diagnosis, size_t level) {
  return std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(),
                     [&](const Finding& finding) { return size_t(finding.level) >= level; });
}

}  // namespace

std::vector<Option> render_option_list(RenderOptions& options) {
  return {
      {"--html", "FILE", "also write one self-contained HTML report", &options.html_path},
      {"--json", "", "print JSON instead of text (docs/json.md)", &options.json},
      {"--sarif", "", "print SARIF 2.1.0 instead of text", &options.sarif},
      {"--fail-on", "LEVEL", "exit 1 on a finding at or above note, warning or error",
       &options.fail_on},
      {"--force", "", "replace output files that exist", &options.overwrite},
  };
}

Result<void> check_rendering(const RenderOptions& options) {
  if (!options.fail_on.empty() && level_index(options.fail_on) == kLevels.size())
    return Error{fmt::format("--fail-on takes note, warning or error, not '{}'", options.fail_on)};
  if (options.html_path.empty()) return {};
  return check_output_file(options.html_path, options.overwrite);
}

int render(const Diagnosis& diagnosis, const RenderOptions& options, Progress& progress) {
  progress.clear();
  Result<void> written;
  if (!options.html_path.empty())
    written = write_output_file(options.html_path, render_as("html", diagnosis, false),
                                options.overwrite);
  if (!options.html_path.empty() && written)
    progress.say(fmt::format("HTML report: {}", options.html_path));
  const std::string_view format = options.json ? "json" : options.sarif ? "sarif" : "text";
  const std::string text = render_as(format, diagnosis, wants_colour());
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return fail("report", "cannot write the report to stdout");
  // A full disk takes the page, not the text.
  if (!written) return fail("report", written.error().message);
  return !options.fail_on.empty() && has_finding_at(diagnosis, level_index(options.fail_on))
             ? kExitFindings
             : kExitClean;
}

std::string resolving_text(double share, std::string_view file) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  if (name.empty()) return fmt::format("resolving names: {:.0f} %", 100 * share);
  return fmt::format("resolving names: {:.0f} %, reading {} (Ctrl-C skips the rest)", 100 * share,
                     name);
}

int fail(std::string_view verb, const std::string& message) {
  fmt::print(stderr, "quarrel {}: {}\n", verb, message);
  return kExitError;
}

}  // namespace quarrel
