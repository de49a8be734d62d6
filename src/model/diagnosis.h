// What does quarrel tell the user? (docs/json.md is this structure as a contract.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/coverage.h"
#include "model/memory_source.h"

namespace quarrel {

/// The strongest proof that a finding has, weakest first.
enum class Evidence : uint8_t { kStatic, kTouched, kConfirmed, kHarm, kVerified };
enum class Verdict : uint8_t { kFix, kMeasureFirst, kLeave };
enum class Level : uint8_t { kNote, kWarning, kError };
enum class SubjectKind : uint8_t { kLock, kLine, kSource };
enum class Sharing : uint8_t { kNone, kFalse, kTrue, kMixed };
enum class Bound : uint8_t { kExact, kUpper, kUnknown };

/// A field or variable on the line or behind the lock. Offsets in bytes: from the start of the
/// cache line for lines, of the record for source findings.
struct SubjectField {
  std::string name;
  uint64_t offset = 0;
  uint64_t size = 0;
  std::vector<int32_t> readers;  ///< tids that were seen to read it
  std::vector<int32_t> writers;  ///< tids that were seen to write it
  uint64_t samples = 0;
};

struct Subject {
  SubjectKind kind = SubjectKind::kSource;
  std::string name;  ///< "RateLimiter::mu_"
  std::string type;  ///< "std::mutex", "Counters"
  std::vector<SubjectField> fields;
  std::optional<uint64_t> address;
  uint64_t instances = 1;  ///< locks, or cache lines, that are the same in the source
};

struct Cost {
  double thread_ms_per_s = 0;  ///< thread-milliseconds lost per second of run
  Bound bound = Bound::kUpper;
};

struct Waits {
  uint64_t count = 0;
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
  uint64_t owner_known_ns = 0;  ///< part of total_ns for which the holder is known
  uint64_t not_blocked = 0;     ///< calls that came too late to sleep: the lock was free again
  uint64_t timed_out = 0;
  uint64_t wakes = 0;                   ///< system calls that let go of the lock
  uint64_t wasted_wakes = 0;            ///< of them, those that woke nobody
  std::string kind;                     ///< "mutex", "rwlock read", ...
  std::vector<std::string> attributes;  ///< "recursive", "timed", ...
};

/// What holders did while others waited, in thread-milliseconds of the waiters per second of run.
struct HolderActivity {
  double running = 0;    ///< on a CPU
  double preempted = 0;  ///< wanted a CPU
  double asleep = 0;     ///< in the kernel: a disk, a socket, a timer, a page
  double waiting = 0;    ///< for another lock
  double unseen = 0;     ///< of goroutines only that they had it is known
};

/// One step from a lock to what its waiters really wait for.
struct ChainLink {
  std::string lock;    ///< name of the lock
  int32_t tid = 0;     ///< of the heaviest holder
  std::string thread;  ///< its name
  std::string state;   ///< running | preempted | asleep | waiting | unseen
  double share = 0;    ///< of this lock's waiting, caused by that holder in that state, 0..1
};

/// A standing queue for a lock that is mostly on its way from one thread to the next.
struct Convoy {
  double queue = 0;           ///< threads that wait, on average
  double persistence = 0;     ///< share of the time with a queue of two or more, 0..1
  double handoff_share = 0;   ///< of the waiting: nobody had it, a thread was woken and on its way
  double held_ns = 0;         ///< mean time that a thread had it while others waited
  double waited_ns = 0;       ///< mean wait
  double wakes_per_wait = 0;  ///< system calls that let go of it
};

/// Odds that a thread is sampled at the line while another of its threads is on a CPU, against
/// while none is. 1: the others make no difference. With the 95 % confidence interval.
struct Contrast {
  double odds = 1;
  double low = 1;
  double high = 1;
};

/// CPU time that one step of a thread takes, by a number on the line that it counts up: while the
/// others run beside it, and while all share one CPU (`--probe-affinity`).
struct StepCost {
  uint64_t offset = 0;  ///< of the number in the line
  int32_t tid = 0;      ///< the thread that counts
  double ns_beside = 0;
  double ns_together = 0;
  double low = 0;  ///< least and greatest ratio between any two windows
  double high = 0;
  uint64_t windows = 0;
};

/// What hardware watchpoints saw of a line.
struct Watched {
  uint64_t hits = 0;
  uint64_t threads = 0;       ///< that hit one
  uint64_t writers = 0;       ///< of them, those that wrote
  double watched_ms = 0;      ///< time that they stood
  bool is_confirmed = false;  ///< two threads or more, one of them writing
};

/// What the processor reported of one cache line; counted as perf c2c counts.
struct LineTraffic {
  std::string name;
  uint64_t address = 0;
  uint64_t threads = 0;
  MemoryCounts counts;
  double transfer_cycles = 0;  ///< mean latency of loads that another core answered; 0: unknown
};

/// The same of all lines, most transfers between cores first.
struct MemoryTraffic {
  MemoryCounts total;
  uint64_t lines = 0;               ///< all, also those that are not listed
  std::vector<LineTraffic> listed;  ///< at most kMaxTrafficLines
};
inline constexpr size_t kMaxTrafficLines = 1000;

/// What a thread does to the others of its cache line, and they to it.
enum class LineSide : uint8_t { kNone, kAggressor, kVictim, kBoth };

struct ThreadRole {
  int32_t tid = 0;
  std::string name;
  std::string role;                        ///< waiter | holder | waker | writer | reader
  double thread_ms_per_s = 0;              ///< waited, or held while waited for
  std::optional<HolderActivity> activity;  ///< of holders
  LineSide side = LineSide::kNone;         ///< of threads that share a cache line
};

struct FindingLocation {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string function;
  /// field | writer | reader | waiter | holder | thread entry | declaration | allocation
  std::string role;
  std::string note;  ///< one sentence for the note line
};

struct FindingFrame {
  std::string function;
  std::string file;
  uint32_t line = 0;
  std::string module;
  bool is_library = false;  ///< of the C or C++ library, not the user's own
};

struct FindingStack {
  std::string role;                  ///< waiter | holder | waker | writer | reader | allocation
  double share = 0;                  ///< of the cost of its role, 0..1
  bool is_complete = false;          ///< reached the thread's start
  std::vector<FindingFrame> frames;  ///< innermost first
  /// Distinct stacks that it stands for: they differ only in library frames below the innermost
  /// user frame, which are shown as in the heaviest of them.
  uint64_t members = 1;
  std::string note;  ///< what a wait is besides, e.g. a re-acquire; mostly empty
};

/// A line of code that allocated memory which the finding is about.
struct AllocationSite {
  std::string file;
  uint32_t line = 0;
  std::string function;
  uint64_t blocks = 0;
  uint64_t bytes = 0;  ///< of the largest of them; the program asked for as many, or some fewer
  int32_t tid = 0;     ///< of the thread that allocated the first of them
  std::string thread;  ///< its name
  double share = 0;    ///< of the uses that were seen; what is missing to 1 is of unknown blocks
};

struct Advice {
  std::string remedy;  ///< pad | reorder | split | shard | atomic | ... (quarrel.schema.json)
  std::string summary;
  std::optional<uint64_t> memory_bytes;  ///< per instance
  std::string diff;                      ///< unified, or empty
  std::string guard;                     ///< a static_assert that keeps the fix
  std::string refused_because;           ///< why a tempting remedy is wrong here
};

struct Finding {
  std::string rule;         ///< stable id: "false-sharing"
  std::string fingerprint;  ///< 64 hex digits; the same in CI and in production
  Evidence evidence = Evidence::kStatic;
  Verdict verdict = Verdict::kMeasureFirst;
  Level level = Level::kNote;
  std::string message;  ///< one sentence, what is wrong and where
  std::string reason;   ///< why this verdict
  Subject subject;
  Cost cost;
  /// How strongly the source alone argues, 0 to 100: orders what nothing has measured.
  uint32_t weight = 0;
  std::optional<Waits> waits;
  std::optional<HolderActivity> holders;  ///< of locks: all of them together
  /// Waiting while nobody had the lock, because the thread that was woken was on its way.
  double handoff_ms_per_s = 0;
  /// Of locks whose holders wait for other locks: what is waited for in the end. Starts with this
  /// lock; empty if its holders do not wait.
  std::vector<ChainLink> chain;
  std::optional<Convoy> convoy;
  /// Of locks: waiting that begins at this one, own or of others whose holders wait for it. An
  /// upper bound of what a change here can gain; over all locks they add up to the contention.
  std::optional<double> gain_bound_ms_per_s;
  std::optional<Contrast> contrast;    ///< of a line; empty if too few samples to tell
  std::optional<StepCost> step_cost;   ///< of a line; only with affinity_probe
  std::optional<Watched> watched;      ///< of a line; empty if no watchpoint stood on it
  std::optional<LineTraffic> traffic;  ///< of a line of which the processor reported accesses
  Sharing sharing = Sharing::kNone;
  std::vector<ThreadRole> threads;
  std::vector<FindingLocation> locations;  ///< the first is where the finding stands
  std::vector<FindingStack> stacks;
  std::vector<AllocationSite> allocations;  ///< of heap memory, if the collector allocations saw it
  std::vector<Advice> advice;
};

struct DiagnosedRun {
  std::string tool_version;
  std::string source;  ///< "scan" or "recording"
  std::string command;
  int32_t pid = 0;
  double duration_s = 0;
  uint32_t cpus = 0;
  uint32_t line_size = 64;
  std::string kernel;
  std::string machine;
  std::string stop_reason;
  uint64_t threads = 0;
};

/// One object that threads waited for without contention.
struct IdleObject {
  std::string name;
  std::vector<std::string> attributes;
  uint64_t count = 0;
  double thread_ms_per_s = 0;
};

/// Not contention, but reported so that nobody wonders: idle condition variables, joins, ...
struct IdleWaits {
  std::string kind;
  uint64_t objects = 0;
  uint64_t count = 0;
  double thread_ms_per_s = 0;
  std::vector<IdleObject> named;  ///< the longest waited for, by name; at most kMaxIdleObjects
};
inline constexpr size_t kMaxIdleObjects = 20;

/// Threads that held one lock waited for another.
struct LockEdge {
  std::string held;
  std::string awaited;
  double thread_ms_per_s = 0;  ///< of those who waited for `held` meanwhile
};

/// How a lock was used while the probes of lock_holds stood, contended or not.
struct LockUse {
  std::string name;
  std::string kind;      ///< "mutex", or "rwlock write": readers are not seen
  uint64_t objects = 0;  ///< locks that are the same lock in the source
  uint64_t acquisitions = 0;
  uint64_t try_failures = 0;
  uint64_t holds = 0;  ///< acquisitions whose end was seen as well; the times are of these
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
  double acquisitions_per_s = 0;  ///< of observed time
  double held_share = 0;          ///< time held per observed time: 1 is one lock held always
};

/// Where no probe stood all the time, figures are of the part of the run that was observed.
struct LockUses {
  uint64_t probe_ns = 0;       ///< of one hit
  uint64_t subtracted_ns = 0;  ///< from each hold, for each probe in it
  uint64_t hits = 0;
  uint64_t windows = 0;
  double observed_s = 0;
  double overhead = 0;         ///< share of the target's CPU time, 0..1
  double max_overhead = 0;     ///< that was allowed
  std::vector<LockUse> locks;  ///< held longest first
};

/// Sums over everything, including what no finding shows. Children sum to parents.
struct Totals {
  double contention_ms_per_s = 0;  ///< all contended lock waits
  double reported_ms_per_s = 0;    ///< of it, in lock findings
  uint64_t locks_contended = 0;
  uint64_t lines_shared = 0;
  std::vector<IdleWaits> idle;
  std::vector<LockEdge> lock_order;  ///< heaviest first
};

struct Diagnosis {
  DiagnosedRun run;
  std::vector<Coverage> coverage;
  std::vector<Finding> findings;  ///< sorted by (cost descending, fingerprint)
  Totals totals;
  std::optional<MemoryTraffic> memory;  ///< only with memory samples
  std::optional<LockUses> lock_uses;    ///< only with the collector lock_holds
};

}  // namespace quarrel
