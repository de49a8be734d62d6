// Which hits of watchpoints tell who fights over a line, and which only who came by?
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// A thread that uses some bytes less often than this part of the most frequent use of their line
/// (it sums up counters now and then, or resets them) takes no part in the fight.
inline constexpr double kMinHitRateShare = 0.01;

/// The decoded hits of threads that use the bytes frequently. `line_size` is a power of two.
std::vector<WatchHit> frequent_hits(const Recording& recording, uint32_t line_size);

/// Threads that did not use bytes which watchpoints stood on, although they used others of the line
/// meanwhile: samples that say so have guessed the wrong way through the code.
class RefutedUses {
 public:
  RefutedUses(const Recording& recording, uint32_t line_size);

  /// True only if watchpoints covered these bytes of a line long enough.
  bool holds(ThreadId thread, uint64_t address, uint32_t size) const;

 private:
  struct Watched {
    uint64_t address = 0;
    uint64_t size = 0;
    std::set<ThreadId> users;
  };

  uint32_t line_size_;
  std::map<uint64_t, std::vector<Watched>> lines_;          // by the address of the line
  std::map<std::pair<uint64_t, ThreadId>, uint64_t> hits_;  // of a thread on a line
};

}  // namespace quarrel
