// What does quarrel know about a run, before anything has a name?
//
// Times are nanoseconds of CLOCK_MONOTONIC, durations nanoseconds. Addresses are of the target.
// Everything here can be written to and read from a `.quarrel` file (docs/file-format.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/capture.h"
#include "model/coverage.h"
#include "model/memory_access.h"
#include "model/recording_ids.h"

namespace quarrel {

struct HostFacts {
  std::string kernel;   ///< release, e.g. "6.18.44"
  std::string machine;  ///< "x86_64"
  std::string cpu_model;
  uint32_t cpus = 0;        ///< online
  uint32_t line_size = 64;  ///< bytes of a cache line

  bool operator==(const HostFacts&) const = default;
};

enum class StopReason : uint8_t { kDuration, kInterrupted, kTargetExited, kUnfinished, kImported };

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

/// Writable memory that other processes may have mapped as well, at other addresses.
struct SharedMemory {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t file_offset = 0;
  uint64_t device = 0;  ///< of the file: major number << 32 | minor
  uint64_t inode = 0;

  bool operator==(const SharedMemory&) const = default;
};

/// Where the thread-locals of one module stand in the memory of every thread (psABI variant II):
/// from Thread::fs_base - below_fs_base on.
struct ThreadLocalBlock {
  ModuleId module;
  uint64_t below_fs_base = 0;  ///< bytes
  uint64_t size = 0;           ///< bytes

  bool operator==(const ThreadLocalBlock&) const = default;
};

struct Thread {
  int32_t tid = 0;     ///< in quarrel's pid namespace
  int32_t ns_tid = 0;  ///< in the target's own pid namespace: what glibc writes as owner
  std::string name;
  uint64_t first_seen_ns = 0;
  uint64_t last_seen_ns = 0;
  /// The thread pointer, below which thread-locals stand; 0: not seen. Threads that lived one after
  /// another may have the same.
  uint64_t fs_base = 0;

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

/// Exact: every blocking wait of one thread for one word while one owner held it. Without a waiter:
/// of all threads that found no room in the kernel's table.
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
/// locks out. kUnlikely where it cannot be that lock; nothing else of that memory is kept.
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
  kUnseen,          ///< a goroutine: only that it had the lock is known
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

/// How one lock of the target was used while the probes of lock_holds stood. Without probes nobody
/// counts acquisitions: an uncontended lock never enters the kernel.
struct LockHold {
  uint64_t address = 0;    ///< of the pthread_mutex_t or pthread_rwlock_t
  bool is_rwlock = false;  ///< then all of it is of writers
  uint64_t acquisitions = 0;
  uint64_t try_failures = 0;
  uint64_t holds = 0;  ///< acquisitions whose end was seen as well; what follows is of these
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;
  std::vector<uint64_t> histogram;  ///< WaitHistogramShape::kBuckets counts
  StackId stack;                    ///< one of those that took it; may be invalid

  bool operator==(const LockHold&) const = default;
};

/// What the probes of lock_holds cost, and for how much of the run they stood.
struct HoldProbing {
  uint64_t probe_ns = 0;          ///< of one hit, as measured before the run
  uint64_t own_ns = 0;            ///< of it, what falls into the time of a hold; subtracted from it
  uint64_t hits = 0;              ///< of all probes
  uint64_t observed_ns = 0;       ///< during which they stood
  uint64_t windows = 0;           ///< times that they were put in
  uint64_t target_cpu_ns = 0;     ///< CPU time of the target meanwhile
  uint64_t max_overhead_ppm = 0;  ///< of that time: the budget

  bool operator==(const HoldProbing&) const = default;
};

/// What of a Go program's lock goroutines wait for: they sleep in the runtime, not in the kernel.
enum class GoLockKind : uint8_t { kMutex, kRwmutexWrite, kRwmutexRead };

/// Exact: waits of one goroutine for one lock of Go's package sync, in one place.
struct GoroutineWait {
  uint64_t address = 0;  ///< of the lock
  GoLockKind kind = GoLockKind::kMutex;
  uint64_t goroutine = 0;  ///< its number; 0: not known
  StackId stack;
  uint64_t count = 0;
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;

  bool operator==(const GoroutineWait&) const = default;
};

/// Exact, per lock of Go's package sync.
struct GoroutineLock {
  uint64_t address = 0;
  GoLockKind kind = GoLockKind::kMutex;
  std::vector<uint64_t> histogram;  ///< WaitHistogramShape::kBuckets counts
  /// Waiter time between a release and the moment at which a waiter had it.
  uint64_t handoff_ns = 0;

  bool operator==(const GoroutineLock&) const = default;
};

/// Exact: time that others waited for the lock until this goroutine let go of it, in that place.
struct GoroutineHold {
  uint64_t address = 0;
  uint64_t goroutine = 0;  ///< its number; 0: not known
  StackId stack;
  uint64_t releases = 0;
  uint64_t waiter_ns = 0;

  bool operator==(const GoroutineHold&) const = default;
};

/// A block of malloc that holds a lock, or a cache line that several threads use, as the collector
/// allocations saw it: from `allocated_ns` to `seen_until_ns` it was surely this block, by nobody
/// else allocated, that stood there. Afterwards it may have been freed.
struct HeapBlock {
  uint64_t address = 0;
  uint64_t bytes = 0;  ///< that may be used: the program asked for as many, or some fewer
  ThreadId thread;     ///< that allocated it
  StackId stack;       ///< of the allocation, from within malloc; may be invalid
  uint64_t allocated_ns = 0;
  uint64_t seen_until_ns = 0;

  bool operator==(const HeapBlock&) const = default;
};

/// A pointer in the memory of the target that leads to, or beside, an address of interest.
struct NearPointer {
  uint64_t address = 0;  ///< of the pointer itself; 0: it stood in a register
  uint64_t value = 0;
  uint64_t heap_bytes = 0;  ///< of malloc's block from `value` on; 0: not known to be one

  bool operator==(const NearPointer&) const = default;
};

/// One captured thread kept whole, so that resolve can find the variable that holds the lock.
struct Exemplar {
  uint64_t address = 0;  ///< the lock word (or data address) that it is an example of
  StackId stack;
  Capture capture;
  std::vector<NearPointer> pointers;  ///< sorted by address

  bool operator==(const Exemplar&) const = default;
};

/// A function that the target's own compiler made at run time, by the map that it wrote of them.
struct GeneratedCode {
  uint64_t address = 0;
  uint64_t size = 0;
  std::string name;

  bool operator==(const GeneratedCode&) const = default;
};

/// Everything one run yielded.
struct Recording {
  Run run;
  std::vector<Module> modules;
  std::vector<Mapping> mappings;  ///< sorted by start
  std::vector<SharedMemory> shared_memory;
  std::vector<ThreadLocalBlock> thread_local_blocks;
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
  std::vector<LockHold> lock_holds;
  std::vector<HoldProbing> hold_probing;  ///< at most one
  std::vector<GoroutineWait> goroutine_waits;
  std::vector<GoroutineLock> goroutine_locks;
  std::vector<GoroutineHold> goroutine_holds;
  std::vector<HeapBlock> heap_blocks;  ///< sorted by address, then time
  std::vector<Exemplar> exemplars;
  std::vector<LineSample> line_samples;
  std::vector<MemorySample> memory_samples;
  std::vector<GeneratedCode> generated_code;  ///< sorted by address; only what frames stand in
  std::vector<WatchHit> watch_hits;
  std::vector<WatchedBytes> watched_bytes;
  std::vector<ProgressWindow> progress_windows;
  std::vector<Coverage> coverage;

  bool operator==(const Recording&) const = default;
};

}  // namespace quarrel
