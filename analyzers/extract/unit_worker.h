// How does one translation unit get parsed without endangering the others?
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "extract/compile_database.h"
#include "model/source_facts.h"

namespace quarrel {

struct WorkerLimits {
  uint64_t memory_bytes = 0;  ///< address space of one worker
  std::chrono::nanoseconds timeout{};
};

/// A forked process that extracts one translation unit and hands its facts back through a pipe.
/// Whatever happens to it, finish() yields facts with exactly one unit that says so.
class UnitWorker {
 public:
  static Result<UnitWorker> start(const CompileCommand& command, const std::string& root,
                                  const WorkerLimits& limits);
  ~UnitWorker() { kill_now(); }
  UnitWorker(UnitWorker&& other) noexcept;
  UnitWorker& operator=(UnitWorker&&) = delete;

  int fd() const { return pipe_.get(); }
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }

  /// Takes what the pipe has; false when the worker has closed it.
  bool read_some();

  /// Ends the worker with SIGKILL and waits for it.
  void kill_now();

  /// Waits for the exit. `timed_out`: it was killed because its time was up.
  SourceFacts finish(bool timed_out);

  /// After finish(): real paths of the source and of all that it includes, sorted.
  std::vector<std::string> files_read() const;

 private:
  UnitWorker() = default;

  pid_t pid_ = -1;
  int status_ = 0;
  Fd pipe_;
  Fd layouts_;   ///< what clang printed on stdout
  Fd messages_;  ///< what it printed on stderr
  Fd files_;     ///< the files that it read, one a line
  std::string bytes_;
  std::string file_;  ///< of the unit, relative to the project root
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace quarrel
