// How does a command get started so that nothing of it escapes the probes?
#include "collect/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace quarrel {
namespace {

/// As execvp(3) would look for it, so that a wrong name is told before anything is attached.
Result<void> check_can_execute(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return {};
    return Error{fmt::format("cannot execute {}: {}", name, std::strerror(errno))};
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access(((folder.empty() ? "." : folder) + "/" + name).c_str(), X_OK) == 0) return {};
  return Error{fmt::format("cannot execute {}: no folder of PATH holds such a program", name)};
}

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Error{fmt::format("cannot create a pipe: {}", std::strerror(errno))};
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// In the child: waits for the go byte, then becomes the command.
[[noreturn]] void run_child(int go, int failed, char* const* argv) {
  char byte;
  if (::read(go, &byte, 1) != 1) _exit(127);
  ::execvp(argv[0], argv);
  const int reason = errno;
  // If nobody reads the reason any more, the exit code still tells.
  [[maybe_unused]] const ssize_t ignored = ::write(failed, &reason, sizeof reason);
  _exit(127);
}

}  // namespace

Result<LaunchedCommand> LaunchedCommand::start(const std::vector<std::string>& command) {
  TRY_VOID(check_can_execute(command.front()));
  TRY(Pipe go, make_pipe());
  TRY(Pipe failed, make_pipe());
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  LaunchedCommand launched;
  launched.name_ = command.front();
  launched.pid_ = ::fork();
  if (launched.pid_ < 0) return Error{fmt::format("cannot fork: {}", std::strerror(errno))};
  if (launched.pid_ == 0) {
    go.write_end.reset();
    run_child(go.read_end.get(), failed.write_end.get(), argv.data());
  }
  launched.go_ = std::move(go.write_end);
  launched.failed_ = std::move(failed.read_end);
  return launched;
}

LaunchedCommand::LaunchedCommand(LaunchedCommand&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      name_(std::move(other.name_)),
      go_(std::move(other.go_)),
      failed_(std::move(other.failed_)) {}

LaunchedCommand::~LaunchedCommand() {
  if (pid_ == 0) return;
  go_.reset();  // if it was never released, it has run nothing yet: let it go
  wait();
}

Result<void> LaunchedCommand::release() {
  if (::write(go_.get(), "g", 1) != 1)
    return Error{fmt::format("cannot start the command: {}", std::strerror(errno))};
  go_.reset();
  int reason = 0;
  ssize_t got;
  do got = ::read(failed_.get(), &reason, sizeof reason);
  while (got < 0 && errno == EINTR);
  if (got == sizeof reason)
    return Error{fmt::format("cannot execute {}: {}", name_, std::strerror(reason))};
  return {};
}

int LaunchedCommand::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) return 127;
  pid_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace quarrel
