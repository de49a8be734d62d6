// How does perf run beside a recording, and end with it?
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace quarrel {

/// The full path of a program in $PATH; empty if there is none.
std::string find_program(const std::string& name);

/// A program that records into a file of a private folder until it is told to stop. It ends with
/// this process; the folder goes with the object.
class PerfChild {
 public:
  PerfChild() = default;
  ~PerfChild();
  PerfChild(const PerfChild&) = delete;
  PerfChild& operator=(const PerfChild&) = delete;

  /// Runs `command`, in which "@OUTPUT@" stands for the path of the file.
  Result<void> start(std::vector<std::string> command);

  /// Interrupts it, as Ctrl-C does, and waits until it has written its file. Error: it failed,
  /// with what it said last, or did not end in time.
  Result<void> stop(std::chrono::milliseconds patience);

  std::string output() const { return folder_ + "/perf.data"; }

 private:
  std::string last_words() const;

  std::string folder_;
  pid_t pid_ = 0;
};

}  // namespace quarrel
