// How does one translation unit get parsed without endangering the others?
#include "extract/unit_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/sanitizer.h"
#include "extract/layout_dump.h"
#include "extract/source_files.h"
#include "extract/unit.h"
#include "store/packed_facts.h"

namespace quarrel {
namespace {

constexpr int kOutOfMemoryStatus = 97;
/// Leaving runs the destructors of LLVM's statics, which flush stdout; they must not hang.
constexpr unsigned kExitSeconds = 20;

bool write_all(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<size_t>(written);
  }
  return true;
}

std::string read_file(int fd) {
  std::string text;
  char buffer[65536];
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(fd, buffer, sizeof buffer, at);
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    at += count;
  }
}

void limit_resources(const WorkerLimits& limits) {
  const rlimit memory{limits.memory_bytes, limits.memory_bytes};
  const rlimit none{0, 0};
  if (limits.memory_bytes != 0 && !kHasSanitizer) setrlimit(RLIMIT_AS, &memory);
  setrlimit(RLIMIT_CORE, &none);
  std::set_new_handler([] { _exit(kOutOfMemoryStatus); });
}

struct ChildPipes {
  int facts;
  int layouts;
  int messages;
  int files;
};

[[noreturn]] void run_child(const CompileCommand& command, const std::string& root,
                            const WorkerLimits& limits, const ChildPipes& pipes) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);  // Ctrl-C goes to the whole group; the parent decides
  signal(SIGTERM, SIG_DFL);
  dup2(pipes.layouts, STDOUT_FILENO);
  dup2(pipes.messages, STDERR_FILENO);
  limit_resources(limits);
  std::vector<std::string> files;
  const std::string bytes = pack_facts(extract_unit(command, root, files));
  for (const std::string& path : files) write_all(pipes.files, path + '\n');
  write_all(pipes.facts, bytes);
  close(pipes.facts);
  alarm(kExitSeconds);
  std::exit(0);
}

UnitState state_of_death(int status, const std::string& messages) {
  const bool says_so = messages.find("out of memory") != std::string::npos ||
                       messages.find("bad_alloc") != std::string::npos ||
                       messages.find("Cannot allocate memory") != std::string::npos;
  const bool by_handler = WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemoryStatus;
  return says_so || by_handler ? UnitState::kOutOfMemory : UnitState::kCrashed;
}

std::string reason_of_death(UnitState state, int status) {
  if (state == UnitState::kOutOfMemory) return "needs more memory than --memory-limit allows";
  if (WIFSIGNALED(status)) return std::string("worker died: ") + strsignal(WTERMSIG(status));
  return "worker ended with status " + std::to_string(WEXITSTATUS(status));
}

SourceFacts failed_unit(const std::string& file, UnitState state, std::string reason) {
  SourceFacts facts;
  facts.files = {file};
  facts.file_is_system = {false};
  facts.units = {{.main_file = FileId{0}, .state = state, .reason = std::move(reason)}};
  return facts;
}

}  // namespace

Result<UnitWorker> UnitWorker::start(const CompileCommand& command, const std::string& root,
                                     const WorkerLimits& limits) {
  UnitWorker worker;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return Error{std::string("cannot make a pipe for a worker: ") + std::strerror(errno)};
  worker.pipe_ = Fd(ends[0]);
  const Fd write_end(ends[1]);
  // The worker itself may block: it has nothing else to do.
  fcntl(write_end.get(), F_SETFL, 0);
  worker.layouts_ = Fd(memfd_create("layouts", MFD_CLOEXEC));
  worker.messages_ = Fd(memfd_create("messages", MFD_CLOEXEC));
  worker.files_ = Fd(memfd_create("files", MFD_CLOEXEC));
  worker.file_ = relative_to(command.file, root);
  worker.deadline_ = std::chrono::steady_clock::now() + limits.timeout;
  worker.pid_ = fork();
  if (worker.pid_ < 0) return Error{std::string("cannot fork a worker: ") + std::strerror(errno)};
  if (worker.pid_ == 0)
    run_child(
        command, root, limits,
        {write_end.get(), worker.layouts_.get(), worker.messages_.get(), worker.files_.get()});
  return worker;
}

UnitWorker::UnitWorker(UnitWorker&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      pipe_(std::move(other.pipe_)),
      layouts_(std::move(other.layouts_)),
      messages_(std::move(other.messages_)),
      files_(std::move(other.files_)),
      bytes_(std::move(other.bytes_)),
      file_(std::move(other.file_)),
      deadline_(other.deadline_) {}

bool UnitWorker::read_some() {
  char buffer[65536];
  while (true) {
    const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
    if (count > 0)
      bytes_.append(buffer, static_cast<size_t>(count));
    else if (count == 0)
      return false;
    else if (errno == EAGAIN)
      return true;
    else if (errno != EINTR)
      return false;
  }
}

std::vector<std::string> UnitWorker::files_read() const {
  const std::string text = read_file(files_.get());
  std::vector<std::string> files;
  for (size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1)
    files.push_back(text.substr(at, end - at));
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

void UnitWorker::kill_now() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
}

SourceFacts UnitWorker::finish(bool timed_out) {
  if (timed_out) {
    kill_now();
    return failed_unit(file_, UnitState::kTimedOut, "not done within --timeout");
  }
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  const UnitState death = state_of_death(status_, read_file(messages_.get()));
  auto facts = unpack_facts(bytes_);
  if (bytes_.empty() || !facts.ok() || facts->units.size() != 1)
    return failed_unit(file_, death, reason_of_death(death, status_));
  TranslationUnit& unit = facts->units[0];
  // clang survives its own crash; only its last words tell whether memory was the cause.
  if (unit.state == UnitState::kCrashed && death == UnitState::kOutOfMemory)
    return failed_unit(file_, death, reason_of_death(death, status_));
  apply_base_offsets(*facts, read_file(layouts_.get()));
  return std::move(*facts);
}

}  // namespace quarrel
