// How does a command get started so that nothing of it escapes the probes?
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace quarrel {

/// A child that stands just before its exec until it is released.
class LaunchedCommand {
 public:
  /// Forks. The child waits; nothing of the command has run when this returns. Error: there is no
  /// such program, or it may not be executed.
  static Result<LaunchedCommand> start(const std::vector<std::string>& command);
  ~LaunchedCommand();
  LaunchedCommand(LaunchedCommand&&) noexcept;
  LaunchedCommand& operator=(LaunchedCommand&&) = delete;

  pid_t pid() const { return pid_; }

  /// Lets the child exec, and waits until it has. Error: the command cannot be executed.
  Result<void> release();

  /// Waits for its end. The exit status as a shell gives it: 128 + signal if one ended it.
  int wait();

 private:
  LaunchedCommand() = default;
  pid_t pid_ = 0;
  std::string name_;
  Fd go_;      ///< closing it without a byte tells the child to give up
  Fd failed_;  ///< delivers errno if exec fails, end of file if it works
};

}  // namespace quarrel
