// Which calls allocated the memory that a finding is about?
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// Counts uses of heap memory by the block that stood there at that moment. A block that was freed
/// and given out again counts for its owner of the time; what no block is known for stays unknown.
class AllocationSum {
 public:
  explicit AllocationSum(const Profile& profile) : profile_(profile) {}

  /// One use of the memory at `address`.
  void add(uint64_t address, uint64_t time_ns);

  /// The samples that are charged to a line, or to one of those that it is the example of.
  void add_line(const LineProfile& line);

  /// The captured waits for the words of a lock.
  void add_waits(const std::vector<uint64_t>& words);

  /// The samples in the loop that polls a lock.
  void add_spins(const SpinLock& lock);

  /// Adds Finding::allocations, heaviest first, with their locations and stacks. Nothing if no use
  /// was of a block that is known; if the memory has no other name either, the reason says what
  /// would tell.
  void describe(Finding& finding, bool is_named) const;

 private:
  void suggest_recording(Finding& finding) const;

  const Profile& profile_;
  std::map<const HeapBlock*, uint64_t> uses_;
  uint64_t total_ = 0;
};

}  // namespace quarrel
