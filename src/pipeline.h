// What happens, in which order, from a process to a report?
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "collect/session.h"
#include "model/diagnosis.h"
#include "model/recording.h"
#include "model/source_facts.h"
#include "resolve/resolve.h"

namespace quarrel {

struct RecordOptions {
  int32_t pid = 0;                   ///< attach to it; or
  std::vector<std::string> command;  ///< start it
  SessionOptions session;
  std::string output;  ///< empty: quarrel-<name>-<pid>-<UTC>.quarrel
  bool overwrite = false;
};

struct RecordOutcome {
  Recording recording;
  std::string path;                   ///< where it was kept
  std::optional<int> command_status;  ///< exit status of a started command, as a shell gives it
};

/// Collects evidence about a process and keeps it in a `.quarrel` file, which holds at any moment
/// what came until about a second ago. Ends by duration, by the target's exit, or by a stop signal.
Result<RecordOutcome> record(const RecordOptions& options, Progress& progress);

struct ImportOptions {
  std::string input;   ///< a perf.data file
  std::string output;  ///< empty: the input with ".quarrel" behind
  bool overwrite = false;
};

/// Keeps what another tool recorded in a `.quarrel` file.
Result<RecordOutcome> import_recording(const ImportOptions& options);

struct DiagnoseOptions {
  std::string facts_path;  ///< a file with facts of `quarrel scan --facts`; may be empty
  ResolveOptions resolve;
};

/// Names what a recording holds, joins it with the facts, and judges.
Result<Diagnosis> diagnose(Recording recording, const DiagnoseOptions& options);

struct WatchOptions {
  int32_t pid = 0;
  SessionOptions session;               ///< without a duration: the whole watch
  std::chrono::nanoseconds interval{};  ///< between two diagnoses, at least
  DiagnoseOptions diagnose;
};

/// Collects from a process until `should_stop`, its exit, or the duration, and diagnoses a copy of
/// what there is every interval, beside the collection. `show` is called from a thread of its own,
/// one call at a time, with a diagnosis of all since the start, or since it was started anew: every
/// few minutes, lest it grow without limit. Keeps no file.
Result<void> watch(const WatchOptions& options, const std::function<void(Diagnosis)>& show,
                   const std::function<bool()>& should_stop);

/// Judges a file of facts alone.
Result<Diagnosis> diagnose_facts(const std::string& path);

/// Records and globals of a binary, by its debug information or that of a separate file below
/// `debug_path`; reads no source.
Result<SourceFacts> read_layouts(const std::string& binary, const std::string& debug_path);

}  // namespace quarrel
