// What does quarrel know about a run, once addresses have names?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/memory_source.h"
#include "model/recording.h"

namespace quarrel {

/// Where code or a declaration stands. Empty file: unknown.
struct CodeLocation {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string function;  ///< demangled and shortened; "module+0x1234" if unknown

  auto operator<=>(const CodeLocation&) const = default;
};

/// One frame of Recording::frames with its inlined functions, innermost first; never empty.
struct ResolvedFrame {
  std::vector<CodeLocation> locations;
  ModuleId module;
  uint64_t module_offset = 0;  ///< virtual address within the ELF file
  bool has_symbol = false;
  bool has_line = false;
};

enum class NameSource : uint8_t {
  kUnknown,         ///< only the address is known
  kSymbol,          ///< ELF symbol plus offset
  kGlobalVariable,  ///< DWARF variable and member path
  kLiveVariable,    ///< a variable of a captured frame points at it
  kCode,            ///< only this library code uses such an object
  kGuess,           ///< what the source uses on the lines of code that were seen
};

/// The object that holds an address, as exactly as the debug information allows.
struct DataObject {
  NameSource source = NameSource::kUnknown;
  std::string variable;        ///< "g_counters", "this"; empty if unknown
  std::string record;          ///< innermost named record that directly holds the field: "Counters"
  std::string field;           ///< member path below `record`: "a", "mu_", "slots[3].hits"
  std::string display;         ///< what a user should read: "Counters::a", "g_limiter.mu_"
  std::string type;            ///< of the field: "std::atomic<long>", "std::mutex"
  uint64_t address = 0;        ///< start of the field
  uint64_t size = 0;           ///< of the field, bytes; 0 if unknown
  uint64_t record_offset = 0;  ///< of the field in `record`, bytes
  CodeLocation declared;       ///< of the field (or of the variable, without a record)
  std::string how;             ///< how it was found: "by variable c in frame 3"
  bool is_owner_count = false;  ///< of a std::shared_ptr: each copy of it changes this
  ThreadId thread;              ///< whose own it is, if it is thread-local; else invalid
};

enum class WaitKind : uint8_t {
  kMutex,
  kRobustMutex,
  kPiMutex,
  kRwlockRead,
  kRwlockWrite,
  kGoMutex,
  kGoRwmutex,
  kOwnLock,  // of the program's own making; the last kind of contention
  kCondvar,  // from here on: waiting for an event
  kSemaphore,
  kBarrier,
  kLatch,
  kJoin,
  kFuture,
  kCallOnce,
  kAtomicWait,
  kPark,
  kChannel,
  kOther,
};

/// True for kinds in which a waiter wants what another thread has.
inline bool is_contention(WaitKind kind) {
  return kind <= WaitKind::kOwnLock;
}

/// What sort of its kind an object is, as far as the calls and the object's memory tell.
struct LockAttributes {
  bool is_recursive = false;
  bool is_errorcheck = false;
  bool is_adaptive = false;
  bool is_process_shared = false;
  bool prefers_writers = false;
  bool is_timed = false;       ///< some of its waits had a timeout
  bool is_reacquired = false;  ///< some of its waits took it back after a condition variable

  bool operator==(const LockAttributes&) const = default;
};

/// A lock or other synchronisation object: all futex words of one object together.
struct LockIdentity {
  WaitKind kind = WaitKind::kOther;
  LockAttributes attributes;
  DataObject object;
  std::vector<uint64_t> words;  ///< futex words that belong to it, sorted
};

/// From where the function with an access was called.
struct AccessCaller {
  FrameId innermost;     ///< of the sample nearest to the access
  uint64_t samples = 0;  ///< charged or touching
  CodeLocation user;     ///< the innermost user code: of the instruction itself, or the call to it
};

/// One access that line attribution accepted.
struct LineAccess {
  ThreadId thread;
  uint32_t offset = 0;  ///< in the line
  uint32_t size = 0;
  AccessKind kind = AccessKind::kRead;
  bool is_locked = false;
  uint64_t instruction = 0;
  uint64_t samples = 0;               ///< ticks charged to this access
  uint64_t touches = 0;               ///< further ticks that prove the access but cost elsewhere
  MemoryCounts memory;                ///< of `touches`, what the processor itself reported
  CodeLocation location;              ///< of the instruction, innermost user code
  std::vector<AccessCaller> callers;  ///< of the samples with a stack, heaviest first
  uint64_t hits = 0;                  ///< of a hardware watchpoint on these bytes
};

/// All sampled accesses to one cache line.
struct LineProfile {
  uint64_t address = 0;              ///< of the line
  std::vector<LineAccess> accesses;  ///< sorted by (thread, offset, kind, instruction)
  std::vector<DataObject> objects;   ///< named objects on this line, sorted by address
  uint64_t samples = 0;              ///< sum over accesses
  /// More than one: the same accesses meet on that many lines, of which this is an example; samples
  /// are of all.
  uint64_t lines = 1;
  /// Of `samples`, those while another of its threads used the line too: seen on it within 2 ms, or
  /// on a CPU at that moment and seen on it within 100 ms.
  uint64_t co_active_samples = 0;
  std::vector<uint32_t> charged;  ///< the samples: indices into Recording::line_samples, sorted
};

/// All that the processor reported of one cache line, shared or not.
struct MemoryLine {
  uint64_t address = 0;  ///< of the line
  MemoryCounts counts;
  uint64_t transfers = 0;        ///< loads answered by another core, whose latency is known
  uint64_t transfer_cycles = 0;  ///< their latency, summed
  uint64_t threads = 0;
  uint64_t hottest_address = 0;  ///< of the data accessed most
  DataObject object;             ///< there
};

/// A lock that threads wait for without sleeping: by reading its word again and again.
struct SpinLock {
  uint64_t address = 0;  ///< of the polled word
  DataObject object;
  std::vector<uint32_t>
      samples;  ///< ticks in the loop: indices into Recording::line_samples, sorted
};

struct Profile {
  Recording recording;
  std::vector<ResolvedFrame> frames;     ///< parallel to Recording::frames
  std::vector<LockIdentity> locks;       ///< each word of Recording::lock_waits is in exactly one
  std::vector<DataObject> held_locks;    ///< parallel to Recording::lock_holds
  std::vector<LineProfile> lines;        ///< lines touched by two threads or more, with a write
  std::vector<MemoryLine> memory_lines;  ///< most transfers between cores first
  std::vector<SpinLock> spin_locks;      ///< sorted by address
  std::vector<Coverage> coverage;        ///< the recording's, then the resolver's own
};

}  // namespace quarrel
