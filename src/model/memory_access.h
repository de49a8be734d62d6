// Which memory did the threads of the target touch: by samples, by the processor, by watchpoints?
//
// Times and addresses are as in model/recording.h.
#pragma once

#include <cstdint>
#include <vector>

#include "model/recording_ids.h"

namespace quarrel {

enum class AccessKind : uint8_t { kRead, kWrite, kReadWrite };

/// A memory operand that the sampled thread executed at or just before the sample.
struct MemoryAccess {
  uint64_t instruction = 0;  ///< address of the instruction that has the operand
  uint64_t address = 0;      ///< effective address, computed from the sampled registers
  uint16_t size = 0;         ///< bytes
  AccessKind kind = AccessKind::kRead;
  bool is_locked = false;      ///< as MemoryOperand has it: an atomic access
  uint8_t distance = 0;        ///< instructions between the operand and the sample; 0: on it
  bool crosses_block = false;  ///< reached over a branch: true only if this path was taken
  bool is_own_stack = false;   ///< near the stack pointer or fs base (docs/file-format.md)
  /// Bit i: access i of the sample lies on another way to the sample, so that only one of the two
  /// happened (the arms of an if). Of the first 32 accesses.
  uint32_t excludes = 0;

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

/// Which instructions an event of a processor's monitoring unit samples.
enum class MemoryEvent : uint8_t {
  kUnknown,
  kLoads,         ///< Intel's mem-loads: only loads slower than a threshold
  kStores,        ///< Intel's mem-stores
  kInstructions,  ///< AMD IBS, Arm SPE: any instruction
};

/// One memory access that the processor itself reported (PEBS, IBS, SPE).
struct MemorySample {
  ThreadId thread;
  uint32_t cpu = 0;
  uint64_t time_ns = 0;
  uint64_t ip = 0;
  uint64_t address = 0;             ///< of the data; see model/address_space.h
  uint64_t physical_address = 0;    ///< 0: unknown
  uint64_t data_source = 0;         ///< raw: model/memory_source.h reads it
  uint64_t period = 0;              ///< events that the sample stands for
  uint32_t latency_cycles = 0;      ///< of the access; 0: unknown
  uint32_t instruction_cycles = 0;  ///< of the instruction, from issue to retirement; 0: unknown
  MemoryEvent event = MemoryEvent::kUnknown;
  bool is_kernel = false;  ///< the instruction is the kernel's
  StackId stack;           ///< may be invalid

  bool operator==(const MemorySample&) const = default;
};

/// Hits of one hardware watchpoint by one instruction of one thread. Exact as to who and where; a
/// watchpoint ends after a few hits, so that only their time tells how frequent they are.
struct WatchHit {
  uint64_t address = 0;  ///< of the watched bytes
  uint16_t size = 0;     ///< of the watched bytes: 1, 2, 4 or 8
  ThreadId thread;
  uint64_t instruction = 0;             ///< 0: not decodable; then `kind` is not known
  AccessKind kind = AccessKind::kRead;  ///< of the instruction
  bool is_locked = false;
  uint64_t hits = 0;
  uint64_t span_ns = 0;  ///< from the beginning of the watch to the last of them

  bool operator==(const WatchHit&) const = default;
};

/// How far a thread came within one window of affinity_probe, by a number in memory that it alone
/// writes: if that number counts what the thread does, its CPU time per step says what a step
/// costs.
struct ProgressWindow {
  uint64_t address = 0;      ///< of the number
  uint16_t size = 0;         ///< 1, 2, 4 or 8 bytes
  ThreadId thread;           ///< that writes it
  bool is_together = false;  ///< the threads of the line shared one CPU: none ran beside another
  int64_t steps = 0;         ///< by how much the number grew
  uint64_t cpu_ns = 0;       ///< CPU time of the thread meanwhile

  bool operator==(const ProgressWindow&) const = default;
};

/// Bytes that stood under watch, and for how long: who did not hit them meanwhile did not use them.
struct WatchedBytes {
  uint64_t address = 0;
  uint16_t size = 0;
  uint64_t threads = 0;     ///< that were watched
  uint64_t watched_ns = 0;  ///< until every thread had its hits, or the time was over

  bool operator==(const WatchedBytes&) const = default;
};

}  // namespace quarrel
