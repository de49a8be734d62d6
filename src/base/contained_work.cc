// How is work done on untrusted input without endangering the rest of the program?
#include "base/contained_work.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "base/fd.h"
#include "base/read_only_process.h"
#include "base/sanitizer.h"

namespace quarrel {
namespace {

constexpr int kOutOfMemoryStatus = 97;
constexpr int kPollMs = 100;
constexpr size_t kMaxBytes = size_t{1} << 30;  // names of a million frames are a tenth of that

uint64_t own_address_space() {
  unsigned long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return uint64_t{pages} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void limit_resources(const ContainmentLimits& limits, uint64_t address_space) {
  const rlim_t memory = address_space + limits.memory_bytes;
  const rlim_t seconds = static_cast<rlim_t>(limits.cpu.count());
  const rlimit memory_limit{memory, memory};
  const rlimit cpu_limit{seconds, seconds + 1};
  const rlimit none{0, 0};
  if (!kHasSanitizer) setrlimit(RLIMIT_AS, &memory_limit);
  setrlimit(RLIMIT_CPU, &cpu_limit);
  setrlimit(RLIMIT_CORE, &none);
  std::set_new_handler([] { _exit(kOutOfMemoryStatus); });
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

[[noreturn]] void run_child(const std::function<std::string()>& work, int output,
                            const ContainmentLimits& limits, uint64_t address_space) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Ctrl-C goes to the whole group; the parent decides what it means.
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
  limit_resources(limits, address_space);
  output = become_read_only(output);
  _exit(write_all(output, work()) ? 0 : 1);
}

// Takes what the pipe has; false at its end.
bool read_some(int fd, std::string& bytes) {
  char buffer[65536];
  const ssize_t count = ::read(fd, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  if (count == 0 || bytes.size() > kMaxBytes) return false;
  bytes.append(buffer, static_cast<size_t>(count));
  return true;
}

// False if the work is to be ended.
bool read_to_end(int fd, std::string& bytes, const std::function<bool()>& keep_going) {
  while (true) {
    pollfd wanted{fd, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, kPollMs);
    if (ready <= 0 && !keep_going()) return false;
    if (ready > 0 && !read_some(fd, bytes)) return true;
  }
}

std::string failure_of(int status, const ContainmentLimits& limits) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemoryStatus)
    return fmt::format("needs more than {} GiB", limits.memory_bytes >> 30);
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return fmt::format("took more than {} s or was killed", limits.cpu.count());
  if (WIFSIGNALED(status)) return fmt::format("crashed ({})", strsignal(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ContainedResult run_contained(const std::function<std::string()>& work,
                              const ContainmentLimits& limits,
                              const std::function<bool()>& keep_going) {
  ContainedResult result;
  const uint64_t address_space = own_address_space();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    result.failure = fmt::format("cannot have a pipe: {}", std::strerror(errno));
    return result;
  }
  const Fd input(ends[0]);
  Fd output(ends[1]);
  const pid_t child = fork();
  if (child == 0) run_child(work, output.get(), limits, address_space);
  output.reset();
  if (child < 0) {
    result.failure = fmt::format("cannot have a process: {}", std::strerror(errno));
    return result;
  }
  result.is_cancelled = !read_to_end(input.get(), result.bytes, keep_going);
  if (result.is_cancelled) kill(child, SIGKILL);
  const int status = wait_for(child);
  if (!result.is_cancelled) result.failure = failure_of(status, limits);
  return result;
}

}  // namespace quarrel
