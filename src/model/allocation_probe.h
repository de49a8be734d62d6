// At which instructions of a C library is a block of memory seen to be given out, or taken back?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/lock_probe.h"
#include "model/recording_ids.h"

namespace quarrel {

enum class AllocationStep : uint8_t {
  kAllocated,  ///< the allocator has decided which block it returns; nobody else can have it
  kFreed,      ///< the allocator was given the block and has not looked at it yet
};

/// One instruction, all of which the kernel emulates: it is not single-stepped.
struct AllocationProbe {
  uint64_t file_offset = 0;
  AllocationStep step = AllocationStep::kAllocated;
  uint8_t block_register = 0;  ///< DwarfRegister that holds the address of the block, or 0
  /// As LockProbe has it.
  uint8_t condition = LockProbe::kAlways;

  auto operator<=>(const AllocationProbe&) const = default;
};

/// The probes for the allocator of one file.
struct AllocationProbePlan {
  ModuleId module;
  std::string path;  ///< at which this process finds the file
  std::vector<AllocationProbe> probes;
  std::vector<std::string> functions;  ///< what is seen through them: "malloc"
  std::vector<std::string> refused;    ///< sentences: what is not seen, and why

  bool operator==(const AllocationProbePlan&) const = default;
};

}  // namespace quarrel
