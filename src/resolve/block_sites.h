// At which instructions that the kernel emulates is the block known that a function returns, or
// that it was given?
//
// A probe at the return of malloc would put its own return address on the stack, and no stack could
// be followed through it any more; one at the `ret` is single-stepped. Shortly before, there is
// always a branch at which some register holds the block already: from each `ret` the value in rax
// is followed back, on every way, to the nearest one.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "model/lock_probe.h"
#include "resolve/control_flow.h"

namespace quarrel {

/// A place within one function; addresses are those of its file.
struct BlockSite {
  uint64_t address = 0;
  uint8_t block_register = 0;  ///< DwarfRegister
  uint8_t condition = LockProbe::kAlways;

  auto operator<=>(const BlockSite&) const = default;
};

struct BlockSites {
  std::set<BlockSite> sites;
  size_t missed = 0;              ///< ways on which no emulated instruction knows the block
  std::set<uint64_t> tail_calls;  ///< functions that return in place of this one
};

/// Where nothing is missed, every way on which the function returns a block passes one of the sites
/// (or two, with the same block). calloc ends with a jump to memset, which returns its argument; so
/// tail calls of such a function are no tail calls here.
BlockSites find_returned_block(const ControlFlow& flow, bool tail_call_returns_argument);

/// The first sites behind the entry, at which the first argument is in some register.
BlockSites find_given_block(const ControlFlow& flow);

}  // namespace quarrel
