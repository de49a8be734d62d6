// What are the facts of a whole program?
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "extract/compile_database.h"
#include "extract/unit_worker.h"
#include "model/source_facts.h"

namespace quarrel {

struct ScanPlan {
  std::vector<CompileCommand> commands;
  std::string root;  ///< real path; files below it are named relative to it
  size_t jobs = 1;
  WorkerLimits limits;
  std::string configuration;  ///< text of what the project tells, which the registry holds
  std::string cache_folder;   ///< "": every unit is parsed
};

/// Called after each unit: how many are done, and which was the last.
using ScanProgress = std::function<void(size_t done, const TranslationUnit&, const std::string&)>;

/// Runs all translation units, `jobs` at a time, and merges their facts. Every unit of the plan is
/// in the result, whatever became of it. Returns nothing if SIGINT or SIGTERM came: the workers
/// have been ended then. Error: no process could be started.
Result<std::optional<SourceFacts>> scan(const ScanPlan& plan, const ScanProgress& progress);

/// The signal that ended scan(), or 0.
int scan_signal();

/// As many workers as there are CPUs, but no more than memory allows at about 1 GiB each.
size_t default_jobs();

/// The nearest folder at or above all files that has a .git, else their common folder.
std::string find_root(const std::vector<CompileCommand>& commands);

}  // namespace quarrel
