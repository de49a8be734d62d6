// Where do the findings of a scan go, and what does the terminal see meanwhile?
#include "scan_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace quarrel {
namespace {

Result<Level> parse_level(const std::string& name) {
  if (name == "note") return Level::kNote;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return Error{fmt::format("--fail-on {}: not a level; use note, warning or error", name)};
}

std::string format_names() {
  std::vector<std::string_view> names;
  for (const Format& format : FormatRegistry::all()) names.push_back(format.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<void> check_format(const std::string& name) {
  if (FormatRegistry::find(name) != nullptr) return {};
  return Error{fmt::format("no such format: {}; there are {}", name, format_names())};
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (stream.fail()) return Error{fmt::format("cannot write {}", path)};
  return {};
}

std::string_view word_of(UnitState state) {
  switch (state) {
    case UnitState::kComplete:
      return "complete";
    case UnitState::kWithErrors:
      return "with errors";
    case UnitState::kFailed:
      return "failed";
    case UnitState::kCrashed:
      return "crashed";
    case UnitState::kOutOfMemory:
      return "out of memory";
    case UnitState::kTimedOut:
      return "timed out";
  }
  return "";
}

bool is_analysed(const TranslationUnit& unit) {
  return unit.state == UnitState::kComplete || unit.state == UnitState::kWithErrors;
}

}  // namespace

Result<Output> Output::prepare(const OutputOptions& options) {
  Output output;
  output.options_ = options;
  const int formats = int(options.json) + int(options.sarif) + int(!options.format.empty());
  if (formats > 1) return Error{"choose one of --json, --sarif and --format"};
  std::string& format = output.options_.format;
  if (formats == 0) format = "clang";
  if (options.json) format = "json";
  if (options.sarif) format = "sarif";
  TRY_VOID(check_format(format));
  if (!options.html_file.empty()) TRY_VOID(check_format("html"));
  TRY(output.fail_on_, parse_level(options.fail_on));
  return output;
}

Result<void> Output::write(const Diagnosis& diagnosis) const {
  if (!options_.html_file.empty())
    TRY_VOID(write_file(options_.html_file, FormatRegistry::find("html")->render(diagnosis, {})));
  const bool colour =
      options_.file.empty() && isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  const std::string text =
      FormatRegistry::find(options_.format)->render(diagnosis, {.colour = colour});
  if (!options_.file.empty()) return write_file(options_.file, text);
  fmt::print("{}", text);
  if (std::fflush(stdout) != 0) return Error{"cannot write to the standard output"};
  return {};
}

bool Output::fails(const Diagnosis& diagnosis) const {
  return std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(),
                     [&](const Finding& finding) { return finding.level >= fail_on_; });
}

ScanProgress unit_progress(size_t total) {
  if (isatty(STDERR_FILENO) == 0) return [](size_t, const TranslationUnit&, const std::string&) {};
  return [total](size_t done, const TranslationUnit&, const std::string& file) {
    // Erases to the end of the line: the name before may have been longer.
    fmt::print(stderr, "\r[{}/{}] {}\x1b[K{}", done, total, file, done == total ? "\n" : "");
    std::fflush(stderr);
  };
}

void report_units(const SourceFacts& facts) {
  size_t analysed = 0, with_errors = 0;
  for (const TranslationUnit& unit : facts.units) {
    analysed += is_analysed(unit);
    with_errors += unit.state == UnitState::kWithErrors;
    if (unit.state != UnitState::kComplete)
      fmt::print(stderr, "{}: {}: {}\n", facts.files[unit.main_file.value], word_of(unit.state),
                 unit.reason);
  }
  fmt::print(stderr, "{} of {} translation units analysed{}\n", analysed, facts.units.size(),
             with_errors == 0 ? "" : fmt::format(" ({} with errors)", with_errors));
}

bool has_failed_units(const SourceFacts& facts) {
  return !std::all_of(facts.units.begin(), facts.units.end(), is_analysed);
}

std::vector<std::string> split_list(const std::vector<std::string>& lists) {
  std::vector<std::string> items;
  for (const std::string& list : lists) {
    for (size_t at = 0; at <= list.size();) {
      const size_t comma = std::min(list.find(',', at), list.size());
      if (comma > at) items.push_back(list.substr(at, comma - at));
      at = comma + 1;
    }
  }
  return items;
}

}  // namespace quarrel
