// Which memory of the target is worth to know more of, because several threads want it?
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>

#include "model/recording.h"

namespace quarrel {

/// Cache lines that hold a lock that was waited for, or that samples saw two threads on. More than
/// is judged to be shared in the end, which takes all samples.
class SharedAddresses {
 public:
  /// Adds what came to the recording since the last call.
  void take(const Recording& recording);

  /// Whether [start, start + bytes) has a part of one of the lines.
  bool touch(uint64_t start, uint64_t bytes) const;

  bool is_empty() const { return lines_.empty(); }

 private:
  void take_sample(const LineSample& sample);
  void add(uint64_t address) { lines_.insert(address & ~uint64_t{line_size_ - 1}); }

  uint32_t line_size_ = 64;
  size_t next_sample_ = 0;
  size_t next_exemplar_ = 0;
  std::unordered_map<uint64_t, ThreadId> first_thread_;  // by line
  std::set<uint64_t> lines_;
};

}  // namespace quarrel
