// Which variable of a captured frame holds, or points to, the object at an address?
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "model/profile.h"
#include "resolve/call_frames.h"
#include "resolve/dwarf_types.h"
#include "resolve/symbols.h"

namespace quarrel {

/// A name for one of the wanted addresses, with what it takes to compare it with others.
struct LiveName {
  uint64_t address = 0;  ///< the wanted one
  DataObject object;
  uint64_t aggregate_size = 0;  ///< of the record that the variable is or points to, bytes
  size_t frame = 0;             ///< 0 is the innermost
  bool is_own_capture = false;  ///< the thread was captured at an access to this address
  bool is_by_block = false;     ///< in an array whose length only the block of malloc tells
};

/// True if `a` says more: a record of the user rather than of a library, and one that is known to
/// reach so far; then a thread captured at this very address, then the larger aggregate, then the
/// inner frame.
bool is_better_name(const LiveName& a, const LiveName& b);

/// A frame to search; `address_in_module` is its pc as the ELF file sees it.
struct LiveFrame {
  const Capture& capture;
  const CallFrame& frame;
  size_t depth = 0;
  uint64_t address_in_module = 0;
  uint64_t bias = 0;
  std::span<const NearPointer> pointers;  ///< sorted by address
};

/// Evaluates the variables and parameters that are live in the frame, of the function and of those
/// inlined into it there, and returns those whose record contains a wanted address (sorted), or has
/// a pointer to an array or a container's memory that does.
std::vector<LiveName> live_names(ModuleSymbols& symbols, TypeTable& types, const LiveFrame& frame,
                                 std::span<const uint64_t> wanted);

}  // namespace quarrel
