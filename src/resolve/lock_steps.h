// At which instructions that the kernel emulates does a function take a lock, or let go of it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/lock_probe.h"
#include "resolve/control_flow.h"

namespace quarrel {

/// What a lock function does to the member that names the owner, in which it can be recognised: a
/// function that takes the lock stores a tid there, one that lets go of it a zero, and one that
/// only tries returns EBUSY else.
struct LockShape {
  bool acquires = false;
  bool releases = false;
  bool may_fail = false;
  int64_t owner_offset = 0;  ///< in the lock, bytes
};

/// A place within one function; addresses are those of its file.
struct LockSite {
  uint64_t address = 0;
  ProbedStep step = ProbedStep::kAcquired;
  uint8_t lock_register = 0;  ///< DwarfRegister
  uint8_t condition = LockProbe::kAlways;
  int64_t owner_offset = 0;  ///< of the LockShape

  auto operator<=>(const LockSite&) const = default;
};

struct LockSites {
  std::vector<LockSite> sites;  ///< every way through the function passes one of them at most once
  size_t missed = 0;            ///< stores to which no emulated instruction leads on some way
  std::vector<uint64_t> tail_calls;  ///< functions that the lock is handed on to
};

/// Each store is followed back, on every way to it, to the nearest instruction that the kernel
/// emulates (arch/x86/kernel/uprobes.c: nop, push, jmp, jcc) at which a register holds the lock.
/// No call and no atomic operation may stand between the two.
LockSites find_lock_sites(const ControlFlow& flow, const LockShape& shape);

}  // namespace quarrel
