// Is there such a process, may we look at it, and does it still live?
#include "collect/target.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collect/proc_text.h"
#include "collect/target_facts.h"
#include "collect/thread_table.h"

namespace quarrel {
namespace {

Error no_such_process(pid_t pid) {
  return {fmt::format("no process has pid {}; see `ps -e`", pid)};
}

Error is_a_thread(pid_t tid, pid_t process) {
  std::string name = read_text_file(fmt::format("/proc/{}/comm", process)).value_or("");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return {fmt::format("{} is a thread of process {} ({}); give {} to record the whole process", tid,
                      process, name, process)};
}

/// Neither a zombie nor a thread of the kernel has memory, which is what the lines Vm... are about.
Result<void> check_is_program(pid_t pid, const std::string& status) {
  if (status_field(status, "State").starts_with('Z'))
    return Error{fmt::format("process {} has ended; only its parent {} has not noticed (zombie)",
                             pid, status_field(status, "PPid"))};
  if (status_field(status, "VmSize").empty())
    return Error{fmt::format("{} ({}) is a thread of the kernel; quarrel records programs", pid,
                             status_field(status, "Name"))};
  return {};
}

/// Reading maps takes the same permission as everything else that is needed (ptrace(2),
/// PTRACE_MODE).
Result<void> check_permission(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/maps", pid);
  if (read_text_file(path)) return {};
  if (errno == ESRCH || errno == ENOENT) return no_such_process(pid);
  return Error{fmt::format(
      "process {} is not ours to look at: reading {}: {}; run as root or with CAP_SYS_PTRACE", pid,
      path, std::strerror(errno))};
}

}  // namespace

Result<Target> open_target(pid_t pid) {
  if (pid <= 0) return no_such_process(pid);
  const auto status = read_text_file(fmt::format("/proc/{}/status", pid));
  if (!status) return no_such_process(pid);
  const auto process = last_number(status_field(*status, "Tgid"));
  if (process && *process != pid) return is_a_thread(pid, *process);
  TRY_VOID(check_is_program(pid, *status));

  Target target;
  target.pid = pid;
  // Not in Debian 12's glibc headers for C++20 without extensions.
  target.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!target.pidfd.is_open()) {
    if (errno == ESRCH) return no_such_process(pid);
    return Error{fmt::format("cannot open process {}: pidfd_open: {}", pid, std::strerror(errno))};
  }
  TRY_VOID(check_permission(pid));
  target.name = read_command_name(target);
  target.root = fmt::format("/proc/{}/root", pid);
  return target;
}

bool has_exited(const Target& target) {
  pollfd entry{target.pidfd.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLIN) != 0;
}

bool refresh_target_facts(const Target& target, ThreadTable& threads, Recording& recording) {
  if (has_exited(target)) return false;
  recording.run.pid = target.pid;
  if (recording.run.command.empty()) recording.run.command = target.name;
  threads.refresh();
  refresh_mappings(target, recording);
  refresh_thread_local_blocks(target, recording);
  return !has_exited(target);
}

}  // namespace quarrel
