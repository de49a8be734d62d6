// Whose thread-local variable stands at an address?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// An address in the thread-locals of one thread.
struct ThreadLocalPlace {
  ModuleId module;
  uint64_t offset = 0;  ///< in the module's block, as DWARF and ELF symbols count
  ThreadId thread;      ///< of several, the one that came last
  size_t threads = 0;   ///< that had this memory, one after another
};

/// The blocks of Recording::thread_local_blocks in the memory of Recording::threads.
class ThreadLocals {
 public:
  /// `recording` must outlive the object and keep its threads.
  explicit ThreadLocals(const Recording& recording);

  /// Nothing if no thread whose thread pointer is known has thread-locals there.
  std::optional<ThreadLocalPlace> find(uint64_t address) const;

 private:
  const Recording& recording_;
  std::vector<ThreadId> threads_;  // with a thread pointer; sorted by it, then by time
};

}  // namespace quarrel
