// What does `quarrel scan` do?
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/command_line.h"
#include "checks/check.h"
#include "checks/explain.h"
#include "extract/configuration.h"
#include "extract/fact_cache.h"
#include "extract/scan.h"
#include "extract/source_files.h"
#include "join/join.h"
#include "resolve/binary_facts.h"
#include "scan_output.h"
#include "since/regression.h"
#include "since/revision_tree.h"
#include "store/store.h"

namespace quarrel {
namespace {

struct ScanOptions {
  std::string build_folder;
  std::vector<std::string> paths;
  std::string root;
  int64_t jobs = 0;
  int64_t memory_limit_mib = 4096;
  std::optional<std::chrono::nanoseconds> timeout;
  std::string facts_file;
  bool force = false;
  std::vector<std::string> checks;
  std::string since;
  std::string cache;
  bool no_cache = false;
  std::string binary;
  bool explain = false;
  OutputOptions output;
};

constexpr std::chrono::seconds kDefaultTimeout{300};

constexpr const char* kDetails =
    "Example:\n  quarrel scan -p build src/cache --facts app.quarrel --sarif\n"
    "  quarrel scan -p build --since origin/main --fail-on note\n"
    "  quarrel scan --binary /usr/sbin/server --fail-on note    # no source at hand\n\n"
    "Exit: 0 clean, 1 findings at or above --fail-on, 2 usage or error, 3 a translation unit could "
    "not be analysed, 130 interrupted.";

CommandSpec spec_of(ScanOptions& options) {
  return {
      .details = kDetails,
      .options = {
          {"-p,--build", "DIR", "folder of compile_commands.json (default: searched in build*/)",
           &options.build_folder},
          {"paths", "PATH", "only translation units at or below these", &options.paths},
          {"-j,--jobs", "N", "parallel workers (default: CPUs, 1 GiB each)", &options.jobs},
          {"--memory-limit", "MIB", "address space of one worker", &options.memory_limit_mib},
          {"--timeout", "TIME", "for one translation unit (default 300s)", &options.timeout},
          {"--root", "DIR", "report paths relative to this (default: nearest .git)", &options.root},
          {"--checks", "RULE", "run only these, separated by commas", &options.checks},
          {"--cache", "DIR", "keep facts of unchanged units here (default ~/.cache/quarrel)",
           &options.cache},
          {"--no-cache", "", "parse every unit", &options.no_cache},
          {"--since", "REV", "only what became worse since that git revision", &options.since},
          {"--binary", "FILE",
           "judge the types of a program or library by its debug information, without its source: "
           "only the rules that need nothing else",
           &options.binary},
          {"--explain", "", "show by which calls threads get to what a finding accuses",
           &options.explain},
          {"--facts", "FILE", "keep the facts, for 'quarrel report --facts'", &options.facts_file},
          {"--force", "", "overwrite FILE", &options.force},
          {"--format", "NAME", "clang, text, json, sarif, html (default clang)",
           &options.output.format},
          {"--json", "", "the same as --format json", &options.output.json},
          {"--sarif", "", "the same as --format sarif", &options.output.sarif},
          {"--html", "FILE", "also write one self-contained HTML report",
           &options.output.html_file},
          {"-o,--output", "FILE", "write the report to FILE", &options.output.file},
          {"--fail-on", "LEVEL", "note, warning or error: exit 1 (default warning)",
           &options.output.fail_on},
      }};
}

bool is_ignored(const std::string& file, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return matches_pattern(pattern, file) || matches_pattern(pattern + "/*", file);
  });
}

/// Puts in force what the project tells about itself.
Result<void> configure(ScanPlan& plan) {
  TRY(Primitives project, read_configuration(plan.root));
  plan.configuration = project.text;
  const std::string below = plan.root + "/";
  std::erase_if(plan.commands, [&](const CompileCommand& command) {
    return command.file.starts_with(below) &&
           is_ignored(command.file.substr(below.size()), project.ignored_paths);
  });
  PrimitiveRegistry::instance().add_project(std::move(project));
  return {};
}

Result<ScanPlan> plan_of(const ScanOptions& options) {
  TRY(auto all, read_compile_database(options.build_folder));
  ScanPlan plan;
  plan.root = options.root.empty() ? find_root(all) : real_path(options.root);
  TRY(plan.commands, restrict_to(std::move(all), options.paths));
  TRY_VOID(configure(plan));
  if (options.jobs < 0) return Error{"-j must be 1 or more"};
  if (options.memory_limit_mib <= 0) return Error{"--memory-limit must be 1 or more MiB"};
  if (!options.no_cache)
    plan.cache_folder = options.cache.empty() ? default_cache_folder() : options.cache;
  plan.jobs = options.jobs == 0 ? default_jobs() : static_cast<size_t>(options.jobs);
  plan.limits = {.memory_bytes = static_cast<uint64_t>(options.memory_limit_mib) << 20,
                 .timeout = options.timeout.value_or(kDefaultTimeout)};
  return plan;
}

Result<std::vector<std::string>> wanted_checks(const ScanOptions& options) {
  std::vector<std::string> names = split_list(options.checks);
  for (const std::string& name : names)
    if (CheckRegistry::find(name) == nullptr)
      return Error{fmt::format("no such check: {}; 'quarrel explain' lists all rules", name)};
  return names;
}

/// What became worse since a revision, which is scanned as this tree was. Nothing: interrupted.
Result<std::optional<std::vector<Finding>>> findings_since(const ScanOptions& options,
                                                           const ScanPlan& plan,
                                                           const SourceFacts& facts,
                                                           const std::vector<Finding>& findings) {
  TRY(const RevisionTree tree, RevisionTree::check_out(plan.root, options.since));
  TRY(const std::string build_folder, find_build_folder(options.build_folder));
  ScanPlan old_plan = plan;
  old_plan.root = tree.root();
  old_plan.commands = tree.move(plan.commands, build_folder);
  TRY(const auto old_facts, scan(old_plan, unit_progress(old_plan.commands.size())));
  if (!old_facts) return std::optional<std::vector<Finding>>();
  report_units(*old_facts);
  TRY(const auto checks, wanted_checks(options));
  const std::vector<Finding> old_findings = run_checks(*old_facts, checks);
  Regressions found = find_regressions({*old_facts, old_findings}, {facts, findings});
  fmt::print(stderr, "since {}: {} worse or new, {} unchanged, {} gone\n", options.since,
             found.worse.size(), found.unchanged, found.gone);
  return std::optional(std::move(found.worse));
}

Result<int> report(const ScanOptions& options, const Output& output, const SourceFacts& facts,
                   std::vector<Finding> findings) {
  if (options.explain) explain_findings(facts, findings);
  const Diagnosis diagnosis = join_static(facts, std::move(findings));
  TRY_VOID(output.write(diagnosis));
  if (has_failed_units(facts)) return static_cast<int>(kExitPartial);
  return static_cast<int>(output.fails(diagnosis) ? kExitFindings : kExitClean);
}

Result<void> keep_facts(const ScanOptions& options, const SourceFacts& facts) {
  if (options.facts_file.empty()) return {};
  return write_facts(options.facts_file, facts, options.force);
}

Result<int> run_on_binary(const ScanOptions& options, const std::vector<std::string>& checks,
                          const Output& output) {
  if (!options.build_folder.empty() || !options.paths.empty() || !options.since.empty())
    return Error{"--binary reads no source: it goes with neither -p, --since nor paths"};
  const std::string root = real_path(options.root.empty() ? "." : options.root);
  TRY(const auto facts,
      read_binary_facts(options.binary, {.root = root, .with_library_records = false}));
  report_units(facts);
  TRY_VOID(keep_facts(options, facts));
  return report(options, output, facts, run_checks(facts, checks));
}

Result<int> run_on_sources(const ScanOptions& options, const std::vector<std::string>& checks,
                           const Output& output) {
  TRY(const ScanPlan plan, plan_of(options));
  TRY(const auto facts, scan(plan, unit_progress(plan.commands.size())));
  if (!facts) return 128 + scan_signal();
  // From here on nothing reads a source file or starts a process.
  report_units(*facts);
  TRY_VOID(keep_facts(options, *facts));
  std::vector<Finding> findings = run_checks(*facts, checks);
  if (!options.since.empty()) {
    TRY(auto worse, findings_since(options, plan, *facts, findings));
    if (!worse) return 128 + scan_signal();
    findings = std::move(*worse);
  }
  return report(options, output, *facts, std::move(findings));
}

Result<int> run(const ScanOptions& options) {
  TRY(const auto checks, wanted_checks(options));
  TRY(const Output output, Output::prepare(options.output));
  return options.binary.empty() ? run_on_sources(options, checks, output)
                                : run_on_binary(options, checks, output);
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  using namespace quarrel;
  ScanOptions options;
  const auto parsed = parse_command_line(
      argc, argv, "quarrel scan",
      "Finds contention in the source: who shares a cache line or a lock with whom.",
      {spec_of(options)});
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const auto exit_code = run(options);
  if (exit_code.ok()) return *exit_code;
  fmt::print(stderr, "quarrel scan: {}\n", exit_code.error().message);
  return kExitError;
}
