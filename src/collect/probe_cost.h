// What does one probe cost on this host?
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "collect/uprobes.h"

namespace quarrel {

/// Sites of two instructions of this program that the kernel emulates, like those that are probed
/// in a target: in between, a lock would be held. The register rdi has the address of the lock.
struct OwnSites {
  uint64_t take_offset = 0;
  uint64_t free_offset = 0;
};
Result<OwnSites> find_own_sites();

/// The lock that the instructions take; it stands in memory as a block of malloc does.
uint64_t own_lock_address();

/// Time per pass over both instructions in ns: the least of several rounds, since interrupts and
/// other programs only add.
uint64_t time_own_sites();

}  // namespace quarrel
