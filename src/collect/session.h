// How does one recording run, from the first probe to the last event?
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collect/collector.h"

namespace quarrel {

struct SessionOptions {
  CollectOptions collect;
  std::vector<std::string> only;  ///< names of collectors; empty: all that are not opt-in
  std::vector<std::string> also;  ///< and these
  std::optional<std::chrono::nanoseconds> duration;
};

/// What a session asks of its surroundings.
struct SessionHooks {
  std::function<StackId(const Capture&)> unwind;
  std::function<StackId(const std::vector<Frame>&)> add_stack;
  std::function<std::vector<MappedUnwindTable>()> unwind_tables;
  std::function<std::vector<LockProbePlan>()> lock_probes;
  std::function<std::vector<AllocationProbePlan>()> allocation_probes;
  std::function<std::vector<GoProbePlan>()> go_probes;
  std::function<std::vector<MemoryAccess>(const Capture&)> decode_operands;
  std::function<Result<Recording>(const std::string& path)> import_perf_data;
  std::function<std::vector<WatchTarget>()> watch_targets;
  std::function<std::optional<MemoryAccess>(uint64_t)> access_before;
  std::function<void()> mappings_changed;
  std::function<Result<void>()> on_attached;  ///< all probes stand; a held command may run now
  std::function<Result<void>()>
      on_checkpoint;                  ///< about once a second: bring the recording to disk
  std::function<bool()> should_stop;  ///< the user asked for the end
};

/// Starts the collectors on the target and takes their evidence into `recording` until the duration
/// is over, the user asks to stop, or the target exits. Nothing stays attached. A collector that
/// cannot start is off, with the reason in its Coverage; if none can, that is an Error.
Result<void> run_session(const Target& target, const SessionOptions& options,
                         const SessionHooks& hooks, Recording& recording);

}  // namespace quarrel
