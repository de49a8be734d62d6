// What does quarrel tell the user? (docs/json.md is this structure as a contract.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/coverage.h"

namespace quarrel {

/// The strongest proof that a finding has, weakest first.
enum class Evidence : uint8_t { kStatic, kTouched, kConfirmed, kHarm, kVerified };
enum class Verdict : uint8_t { kFix, kMeasureFirst, kLeave };
enum class Level : uint8_t { kNote, kWarning, kError };
enum class SubjectKind : uint8_t { kLock, kLine, kSource };
enum class Sharing : uint8_t { kNone, kFalse, kTrue, kMixed };
enum class Bound : uint8_t { kExact, kUpper };

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
  std::string kind;             ///< "mutex", "rwlock read", ...
};

/// Odds that a thread is sampled at the line while another of its threads is on a CPU, against
/// while none is. 1: the others make no difference. With the 95 % confidence interval.
struct Contrast {
  double odds = 1;
  double low = 1;
  double high = 1;
};

struct ThreadRole {
  int32_t tid = 0;
  std::string name;
  std::string role;            ///< waiter | holder | waker | writer | reader
  double thread_ms_per_s = 0;  ///< waited, or held while waited for
};

struct FindingLocation {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string function;
  std::string role;  ///< field | writer | reader | waiter | holder | thread entry | declaration
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
  std::string role;                  ///< waiter | holder | writer | reader
  double share = 0;                  ///< of the cost of its role, 0..1
  bool is_complete = false;          ///< reached the thread's start
  std::vector<FindingFrame> frames;  ///< innermost first
  /// Distinct stacks that it stands for: they differ only in library frames below the innermost
  /// user frame, which are shown as in the heaviest of them.
  uint64_t members = 1;
};

struct Advice {
  std::string remedy;  ///< pad | reorder | split | shard | atomic | snapshot | shorten | leave
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
  std::optional<Contrast> contrast;  ///< of a line; empty if too few samples to tell
  Sharing sharing = Sharing::kNone;
  std::vector<ThreadRole> threads;
  std::vector<FindingLocation> locations;  ///< the first is where the finding stands
  std::vector<FindingStack> stacks;
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

/// Not contention, but reported so that nobody wonders: idle condition variables, joins, ...
struct IdleWaits {
  std::string kind;
  uint64_t objects = 0;
  uint64_t count = 0;
  double thread_ms_per_s = 0;
};

/// Sums over everything, including what no finding shows. Children sum to parents.
struct Totals {
  double contention_ms_per_s = 0;  ///< all contended lock waits
  double reported_ms_per_s = 0;    ///< of it, in lock findings
  uint64_t locks_contended = 0;
  uint64_t lines_shared = 0;
  std::vector<IdleWaits> idle;
};

struct Diagnosis {
  DiagnosedRun run;
  std::vector<Coverage> coverage;
  std::vector<Finding> findings;  ///< sorted by (cost descending, fingerprint)
  Totals totals;
};

}  // namespace quarrel
