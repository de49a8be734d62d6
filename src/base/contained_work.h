// How is work done on untrusted input without endangering the rest of the program?
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace quarrel {

struct ContainmentLimits {
  uint64_t memory_bytes = 0;  ///< address space beyond what this process has now
  std::chrono::seconds cpu{};
};

struct ContainedResult {
  std::string bytes;    ///< what the work returned; untrusted, for whoever took over the work
  std::string failure;  ///< "crashed (Segmentation fault)", "needs more than 4 GiB"; empty: none
  bool is_cancelled = false;
};

/// Runs `work` in a forked process, which sees this one's memory as it is now but can change
/// nothing of it, which can only read (read_only_process.h), and which ends with this one.
/// `keep_going` is asked every 100 ms; once it returns false, the work is ended. The work must not
/// touch stdio.
ContainedResult run_contained(const std::function<std::string()>& work,
                              const ContainmentLimits& limits,
                              const std::function<bool()>& keep_going);

}  // namespace quarrel
