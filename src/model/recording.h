// What does quarrel know about a run, before anything has a name?
//
// Times are nanoseconds of CLOCK_MONOTONIC, durations nanoseconds. Addresses are of the target.
// Everything here can be written to and read from a `.quarrel` file (docs/file-format.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "model/capture.h"
#include "model/coverage.h"

namespace quarrel {

using ModuleId = Id<struct ModuleTag>;
using ThreadId = Id<struct ThreadTag>;
using FrameId = Id<struct FrameTag>;
using StackId = Id<struct StackTag>;

struct HostFacts {
  std::string kernel;   ///< release, e.g. "6.18.44"
  std::string machine;  ///< "x86_64"
  std::string cpu_model;
  uint32_t cpus = 0;        ///< online
  uint32_t line_size = 64;  ///< bytes of a cache line

  bool operator==(const HostFacts&) const = default;
};

enum class StopReason : uint8_t { kDuration, kInterrupted, kTargetExited, kUnfinished };

/// The header of a recording.
struct Run {
  std::string tool_version;
  std::string command;  ///< the target's command name, without arguments (may hold secrets)
  int32_t pid = 0;
  HostFacts host;
  uint64_t start_ns = 0;
  uint64_t duration_ns = 0;
  StopReason stop_reason = StopReason::kUnfinished;
  uint64_t sample_period_ns = 0;  ///< of line_samples: CPU time between two samples of one CPU

  bool operator==(const Run&) const = default;
};

/// The path of the module of all executable memory that belongs to no file.
inline constexpr std::string_view kGeneratedCode = "[generated code]";

/// One file (or the vDSO) that was mapped executable or holds data of the target.
struct Module {
  std::string path;      ///< as the target sees it; "[vdso]" for the vDSO; kGeneratedCode
  std::string build_id;  ///< lower-case hex, empty if the file has none

  bool operator==(const Module&) const = default;
};

/// A range of the target's address space that came from a module.
struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t file_offset = 0;
  ModuleId module;
  bool is_executable = false;

  bool operator==(const Mapping&) const = default;
};

struct Thread {
  int32_t tid = 0;     ///< in quarrel's pid namespace
  int32_t ns_tid = 0;  ///< in the target's own pid namespace: what glibc writes as owner
  std::string name;
  uint64_t first_seen_ns = 0;
  uint64_t last_seen_ns = 0;

  bool operator==(const Thread&) const = default;
};

/// A node of the tree of all stacks. Children are callees: a stack is named by its innermost frame.
struct Frame {
  FrameId caller;  ///< invalid for the outermost frame
  uint64_t pc = 0;
  bool is_return_address = true;  ///< then the call stands at pc - 1

  bool operator==(const Frame&) const = default;
};

/// complete: reached the thread's start. Anything else says where it ended, and is never glued.
/// by frame pointer: as complete, but through code made at run time, which has no unwind tables:
/// there a frame was found by rbp, and one may be missing.
enum class StackStatus : uint8_t {
  kComplete,
  kTruncatedByCopy,
  kNoUnwindInfo,
  kFailed,
  kByFramePointer
};

struct Stack {
  FrameId innermost;
  StackStatus status = StackStatus::kFailed;

  bool operator==(const Stack&) const = default;
};

/// What the kernel saw of a futex wait; resolve turns it into a WaitKind.
struct FutexSignature {
  uint8_t operation = 0;  ///< FUTEX_WAIT, _WAIT_BITSET, _LOCK_PI, ... without flags
  bool is_private = false;
  bool is_realtime_clock = false;
  bool is_timed = false;
  /// The expected value: 0..3 as it is, 4 any other, 5 a robust mutex (high bit and a tid).
  uint8_t value_class = 0;

  auto operator<=>(const FutexSignature&) const = default;
};

/// Exact: every blocking wait of one thread for one word while one owner held it.
struct LockWait {
  uint64_t address = 0;  ///< the futex word
  FutexSignature signature;
  ThreadId waiter;
  ThreadId owner;  ///< invalid if the lock word named no living thread
  uint64_t count = 0;
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;

  bool operator==(const LockWait&) const = default;
};

/// Buckets of the wait histogram are log-linear: kSubBuckets per power of two from 2^kFirstBit ns.
struct WaitHistogramShape {
  static constexpr unsigned kFirstBit = 9;
  static constexpr unsigned kSubBuckets = 4;
  static constexpr unsigned kBuckets = 116;  ///< up to 2^38 ns, about 275 s; the last is open
};

/// Exact, per futex word: the distribution of blocking waits, and the calls that were no wait.
struct LockStats {
  uint64_t address = 0;
  FutexSignature signature;
  std::vector<uint64_t> histogram;  ///< WaitHistogramShape::kBuckets counts
  uint64_t not_blocked = 0;         ///< EAGAIN: the word had changed, nobody slept
  uint64_t interrupted = 0;         ///< EINTR
  uint64_t timed_out = 0;           ///< ETIMEDOUT
  uint64_t timed_out_ns = 0;
  uint64_t interrupted_ns = 0;
  uint64_t wakes = 0;         ///< calls that let go of it and wanted to wake a waiter
  uint64_t wasted_wakes = 0;  ///< of them, those that woke nobody
  /// Waiter time while nobody had it: a waiter was woken and was not back from the kernel yet.
  uint64_t handoff_ns = 0;

  bool operator==(const LockStats&) const = default;
};

/// What stood behind a futex word when a wait for it was first captured, read as glibc lays its
/// locks out. kUnlikely where it cannot be that lock; nothing else of the target's memory is kept.
struct LockMemory {
  static constexpr int32_t kUnlikely = -1;
  uint64_t address = 0;              ///< the futex word
  int32_t mutex_kind = kUnlikely;    ///< pthread_mutex_t.__data.__kind
  int32_t rwlock_flags = kUnlikely;  ///< pthread_rwlock_t.__data.__flags

  bool operator==(const LockMemory&) const = default;
};

/// Sampled in proportion to the time waited: weight_ns estimates the total wait of this stack.
struct WaitStack {
  uint64_t address = 0;
  FutexSignature signature;
  ThreadId waiter;
  ThreadId owner;
  StackId stack;
  uint64_t samples = 0;
  uint64_t weight_ns = 0;
  uint64_t max_ns = 0;

  bool operator==(const WaitStack&) const = default;
};

/// One of the longest single waits.
struct LongWait {
  uint64_t address = 0;
  ThreadId waiter;
  ThreadId owner;
  StackId stack;
  uint64_t start_ns = 0;
  uint64_t wait_ns = 0;

  bool operator==(const LongWait&) const = default;
};

/// Estimated wait for one word that ended within one slice of the run.
struct WaitSlice {
  uint64_t address = 0;
  uint32_t slice = 0;  ///< index of kWaitSliceNs since Run::start_ns
  uint64_t wait_ns = 0;

  bool operator==(const WaitSlice&) const = default;
};
inline constexpr uint64_t kWaitSliceNs = 250'000'000;

/// What the holder of a lock does while others wait for it.
enum class HolderState : uint8_t {
  kRunning,         ///< on a CPU, in user code or in the kernel
  kRunnable,        ///< preempted: it wants a CPU
  kBlocked,         ///< asleep in the kernel: a disk, a socket, a timer, a page
  kWaitingForLock,  ///< asleep for another lock
};

/// Exact: the time that threads spent waiting for a lock while one thread held it and did one
/// thing. Of one lock, all rows and LockStats::handoff_ns add up to the time slept, of waits that
/// timed out or were interrupted as well.
struct HolderTime {
  uint64_t address = 0;
  ThreadId holder;  ///< invalid: nobody was seen to hold it
  HolderState state = HolderState::kRunning;
  uint64_t next_address = 0;  ///< kWaitingForLock: the word that the holder sleeps for
  uint64_t waiter_ns = 0;     ///< threads that waited times time, summed

  bool operator==(const HolderTime&) const = default;
};

/// Sampled: where a holder stood while others waited for the lock.
struct Blame {
  uint64_t address = 0;
  ThreadId holder;
  HolderState state = HolderState::kRunning;
  StackId stack;
  uint64_t samples = 0;
  uint64_t waiter_ns = 0;  ///< sample period times the threads that waited, summed

  bool operator==(const Blame&) const = default;
};

/// Sampled in proportion to the waiter time that they ended: the calls that let go of a lock.
struct WakeStack {
  uint64_t address = 0;
  ThreadId waker;
  StackId stack;
  uint64_t samples = 0;
  uint64_t weight_ns = 0;

  bool operator==(const WakeStack&) const = default;
};

/// Exact: waits of the target's threads for one lock of the kernel, on one path to it.
struct KernelLockWait {
  uint64_t address = 0;  ///< of the lock, in the kernel
  uint32_t flags = 0;    ///< LCB_F_*: 1 spin, 2 read, 4 write, 8 rt, 16 per-cpu, 32 mutex
  bool is_mmap_lock = false;
  std::string caller;  ///< kernel function that wanted the lock: "do_munmap"; may be empty
  uint64_t count = 0;
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;

  bool operator==(const KernelLockWait&) const = default;
};

/// User stacks of some of these waits; their weights are in proportion to the time waited.
struct KernelLockStack {
  uint64_t address = 0;
  std::string caller;
  ThreadId waiter;
  StackId stack;
  uint64_t samples = 0;
  uint64_t weight_ns = 0;

  bool operator==(const KernelLockStack&) const = default;
};

/// One captured thread kept whole, so that resolve can find the variable that holds the lock.
struct Exemplar {
  uint64_t address = 0;  ///< the lock word (or data address) that it is an example of
  StackId stack;
  Capture capture;

  bool operator==(const Exemplar&) const = default;
};

enum class AccessKind : uint8_t { kRead, kWrite, kReadWrite };

/// A memory operand that the sampled thread executed at or just before the sample.
struct MemoryAccess {
  uint64_t instruction = 0;  ///< address of the instruction that has the operand
  uint64_t address = 0;      ///< effective address, computed from the sampled registers
  uint16_t size = 0;         ///< bytes
  AccessKind kind = AccessKind::kRead;
  bool is_locked = false;      ///< lock prefix or xchg
  uint8_t distance = 0;        ///< instructions between the operand and the sample; 0: on it
  bool crosses_block = false;  ///< reached over a branch: true only if this path was taken
  bool is_own_stack = false;   ///< within 4 KiB below to 64 KiB above the stack pointer

  bool operator==(const MemoryAccess&) const = default;
};

/// One timer tick in user code of the target.
struct LineSample {
  ThreadId thread;
  uint32_t cpu = 0;
  uint64_t time_ns = 0;
  uint64_t ip = 0;
  StackId stack;                       ///< may be invalid: not every sample is unwound
  std::vector<ThreadId> peers;         ///< other threads of the target on a CPU at that moment
  std::vector<MemoryAccess> accesses;  ///< candidates, nearest first; empty: address unknown

  bool operator==(const LineSample&) const = default;
};

/// Everything one run yielded.
struct Recording {
  Run run;
  std::vector<Module> modules;
  std::vector<Mapping> mappings;  ///< sorted by start
  std::vector<Thread> threads;
  std::vector<Frame> frames;  ///< callers stand before callees
  std::vector<Stack> stacks;
  std::vector<LockWait> lock_waits;
  std::vector<LockStats> lock_stats;
  std::vector<LockMemory> lock_memory;
  std::vector<WaitStack> wait_stacks;
  std::vector<LongWait> long_waits;
  std::vector<WaitSlice> wait_slices;
  std::vector<HolderTime> holder_times;
  std::vector<Blame> blames;
  std::vector<WakeStack> wake_stacks;
  std::vector<KernelLockWait> kernel_lock_waits;
  std::vector<KernelLockStack> kernel_lock_stacks;
  std::vector<Exemplar> exemplars;
  std::vector<LineSample> line_samples;
  std::vector<Coverage> coverage;

  bool operator==(const Recording&) const = default;
};

}  // namespace quarrel
