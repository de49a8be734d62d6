// Which bytes of the running target deserve a hardware watchpoint?
#pragma once

#include <cstdint>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// Bytes of a cache line that samples saw in use.
struct SuspectBytes {
  uint64_t address = 0;
  uint32_t size = 0;
  ThreadId writer;  ///< invalid unless exactly one thread writes them

  bool operator==(const SuspectBytes&) const = default;
};

/// A cache line that several threads seem to share.
struct WatchTarget {
  uint64_t line = 0;                ///< its address
  std::vector<SuspectBytes> bytes;  ///< most used first
  std::vector<ThreadId> threads;    ///< those that were seen on it, the most frequent first
};

}  // namespace quarrel
