// How far do threads come, and in how much CPU time, by the counters that they keep themselves?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "model/recording.h"
#include "model/watch_target.h"

namespace quarrel {

/// Reads numbers of a running process from time to time, without stopping it.
class ProgressMeter {
 public:
  explicit ProgressMeter(pid_t pid) : pid_(pid) {}

  /// Begins a window: the numbers are those of the suspects that one thread alone writes.
  void begin(const std::vector<WatchTarget>& suspects, const Recording& recording);

  /// Ends it; a row for each number that could be read both times.
  std::vector<ProgressWindow> end(bool is_together, const Recording& recording);

 private:
  struct Reading {
    uint64_t address = 0;
    uint16_t size = 0;
    ThreadId thread;
    uint64_t value = 0;
    uint64_t cpu_ns = 0;
  };

  bool read(Reading& reading, const Recording& recording) const;

  pid_t pid_;
  std::vector<Reading> readings_;
};

}  // namespace quarrel
