// What does a perf.data file hold that bears on memory accesses?
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/result.h"
#include "import/perf_header.h"
#include "import/perf_records.h"

namespace quarrel {

/// Index into PerfData::texts.
using TextId = uint32_t;

/// A process got a new name, with kExec also a new address space.
struct CommRecord {
  uint32_t pid = 0;
  uint32_t tid = 0;
  TextId name = 0;
  bool is_exec = false;
};

/// A process or thread was started.
struct ForkRecord {
  uint32_t pid = 0;
  uint32_t parent_pid = 0;
  uint32_t tid = 0;
  bool has_parent_mappings = false;
};

/// The file behind a mapping; all zero if perf does not say or there is none.
struct FileIdentity {
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  uint64_t inode = 0;
  uint64_t generation = 0;
  TextId build_id = 0;

  auto operator<=>(const FileIdentity&) const = default;
};

struct MapRecord {
  uint32_t pid = 0;
  uint64_t start = 0;
  uint64_t size = 0;
  uint64_t file_offset = 0;
  TextId path = 0;
  FileIdentity file;
  bool is_shared = false;
  bool is_executable = false;
};

struct TimedRecord {
  uint64_t time = 0;
  std::variant<CommRecord, ForkRecord, MapRecord> what;
};

enum class SampleMode : uint8_t { kKernel, kUser, kGuest };

struct RawMemorySample {
  MemorySample sample;  ///< without thread and stack; addresses of the process itself
  uint32_t pid = 0;
  uint32_t tid = 0;
  SampleMode mode = SampleMode::kUser;
  uint32_t first_call = 0;  ///< into PerfData::calls
  uint32_t calls = 0;
};

struct PerfCounts {
  uint64_t records = 0;
  uint64_t known_records = 0;    ///< that were of use
  uint64_t other_records = 0;    ///< of kinds, or samples of events, that say nothing about memory
  uint64_t damaged_records = 0;  ///< cut off, or shorter than their kind
  uint64_t surplus_records = 0;  ///< beyond what is kept
  uint64_t memory_samples = 0;   ///< seen, kept or not
  uint64_t unknown_samples = 0;  ///< of an event that the file does not describe
  uint64_t damaged_samples = 0;  ///< shorter than their event says
  uint64_t surplus_samples = 0;  ///< beyond what is kept
  uint64_t lost_by_kernel = 0;   ///< samples and other records, as the kernel counted them
  uint64_t trace_bytes = 0;      ///< of undecoded traces (Arm SPE, Intel PT)
};

struct PerfData {
  PerfHeader header;
  PerfCounts counts;
  RecordsRead read;
  std::vector<std::string> texts;     ///< texts[0] is empty
  std::vector<TimedRecord> timeline;  ///< in the order of the file
  std::vector<RawMemorySample> samples;
  std::vector<uint64_t> calls;  ///< user addresses of all callchains, innermost first
};

/// Errors only for what is no perf.data at all; whatever is damaged behind the header is counted.
Result<PerfData> read_perf_data(const PerfInput& input);

}  // namespace quarrel
