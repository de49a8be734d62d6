// What does a source of evidence have to offer, so that one new file adds it?
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/registry.h"
#include "base/result.h"
#include "collect/target.h"
#include "collect/thread_table.h"
#include "model/allocation_probe.h"
#include "model/capture.h"
#include "model/go_probe.h"
#include "model/lock_probe.h"
#include "model/recording.h"
#include "model/unwind_table.h"
#include "model/watch_target.h"

namespace quarrel {

/// Whether a collector can work on this host for this user, and if not, the narrowest fix.
struct Availability {
  CollectorState state = CollectorState::kOff;
  std::string reason;  ///< empty when on: else which check failed and its value
  std::string fix;     ///< a command or a setting; empty if nothing helps
};

/// Where the stacks of waiters are unwound.
enum class WaitStackMode : uint8_t {
  kCopied,   ///< here, from copies of a sample
  kUnwound,  ///< in the kernel, of the same sample: it is copied once for each lock and stack
  kExact,    ///< in the kernel, of every wait: sums for each stack are exact
};

struct CollectOptions {
  uint32_t sample_hz = 499;            ///< of line_samples, per CPU
  uint32_t max_captures_per_s = 2000;  ///< of lock_waits: bounds copying and unwinding
  uint32_t max_locks = 8192;           ///< of lock_waits: lock words in the kernel's tables
  uint32_t stack_bytes = 16384;        ///< copied at most per captured wait
  WaitStackMode wait_stacks = WaitStackMode::kCopied;
  double max_overhead_percent = 2;  ///< of lock_holds and allocations: of the target's CPU time
  /// Of watchpoints: for how long all threads of the target together are held up, in all.
  std::chrono::milliseconds watch_budget{50};
};

/// Kernel maps by name that several collectors of one recording use, e.g. who is waited for. The
/// collector that loads first puts them in.
using SharedMaps = std::map<std::string, Fd>;

/// What the pipeline lends to collectors, so that they need no other stage.
struct CollectServices {
  const Target* target = nullptr;
  Recording* recording = nullptr;  ///< where results go; only one thread writes
  ThreadTable* threads = nullptr;  ///< the threads of `recording`
  /// Unwinds into recording->frames and ->stacks.
  std::function<StackId(const Capture&)> unwind;
  /// Adds a stack that was unwound whole elsewhere, innermost call first (callers are ignored).
  std::function<StackId(const std::vector<Frame>&)> add_stack;
  /// By which the kernel can unwind the stacks of the target as it is now.
  std::function<std::vector<MappedUnwindTable>()> unwind_tables;
  /// Where probes see the locks of the target as it is now.
  std::function<std::vector<LockProbePlan>()> lock_probes;
  /// Where probes see the allocator, in files that were mapped since the last call.
  std::function<std::vector<AllocationProbePlan>()> allocation_probes;
  /// Where probes see the locks of a Go program.
  std::function<std::vector<GoProbePlan>()> go_probes;
  /// The memory operands at and shortly before the captured instruction, nearest first.
  std::function<std::vector<MemoryAccess>(const Capture&)> decode_operands;
  /// What a file holds that perf recorded.
  std::function<Result<Recording>(const std::string& path)> import_perf_data;
  /// The cache lines that threads share according to the samples so far, most samples first.
  std::function<std::vector<WatchTarget>()> watch_targets;
  /// The access of the instruction that ends at `ip` (addresses of data are not known).
  std::function<std::optional<MemoryAccess>(uint64_t ip)> access_before;
  /// Copies share it: give every collector of a recording a copy of one CollectServices.
  std::shared_ptr<SharedMaps> shared_maps = std::make_shared<SharedMaps>();
};

/// One source of evidence. Lifecycle: start, begin, poll repeatedly, end, stop. Destruction
/// detaches everything from the target, also after a failed start.
class Collector {
 public:
  virtual ~Collector() = default;

  /// Loads and attaches. The target is neither stopped nor signalled. Errors say what the kernel
  /// refused and how to allow it.
  virtual Result<void> start(const CollectOptions& options, CollectServices services) = 0;

  /// Events count from now on (CLOCK_MONOTONIC): called for all collectors once all have started,
  /// because attaching takes long and the recording is one span of time.
  virtual void begin(uint64_t now_ns) = 0;

  /// What happens from now on counts no more; called for all before the first one stops.
  virtual void end(uint64_t now_ns) = 0;

  /// Takes what has arrived since the last call into the recording; called about every 20 ms.
  virtual void poll() = 0;

  /// Detaches, takes the rest, writes totals and coverage into the recording.
  virtual void stop() = 0;

  /// The target has mapped other code.
  virtual void mappings_changed() {}

  /// Brings the totals in the recording up to date while running (about once a second).
  virtual void checkpoint() = 0;
};

/// The entry by which one file adds a collector.
struct CollectorInfo {
  std::string_view name;              ///< "lock_waits"
  std::string_view summary;           ///< one line for `quarrel doctor`
  Availability (*probe)() = nullptr;  ///< loads the real program where that is the only sure test
  std::unique_ptr<Collector> (*create)() = nullptr;
  bool is_opt_in = false;  ///< only on request: it costs more, or says what few ask
  /// Most hosts have no hardware for it: without it a recording is no less whole.
  bool is_often_missing = false;
  /// Started before the rest, which then need not find out themselves (shared_maps).
  bool keeps_account_for_others = false;
};

using CollectorRegistry = Registry<CollectorInfo>;

}  // namespace quarrel
