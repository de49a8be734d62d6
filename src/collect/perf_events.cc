// How are BPF programs tied to tracepoints and to the CPU clock?
#include "collect/perf_events.h"

#include <fmt/core.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

Fd open_event(perf_event_attr& attributes, uint32_t cpu) {
  attributes.size = sizeof(attributes);
  return Fd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, static_cast<int>(cpu),
                                       -1, PERF_FLAG_FD_CLOEXEC)));
}

Error open_error(const char* event, int error) {
  std::string paranoid = read_text_file("/proc/sys/kernel/perf_event_paranoid").value_or("?");
  if (!paranoid.empty() && paranoid.back() == '\n') paranoid.pop_back();
  return {fmt::format(
      "perf_event_open({}): {} (kernel.perf_event_paranoid is {}); run as root or with CAP_PERFMON",
      event, std::strerror(error), paranoid)};
}

Result<void> run_program(const Fd& event, int program_fd) {
  if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) != 0)
    return Error{fmt::format("attaching a BPF program to a perf event: {}", std::strerror(errno))};
  if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0)
    return Error{fmt::format("enabling a perf event: {}", std::strerror(errno))};
  return {};
}

}  // namespace

std::vector<uint32_t> online_cpus() {
  const auto text = read_text_file("/sys/devices/system/cpu/online");
  auto cpus = text ? parse_cpu_list(*text) : std::nullopt;
  return cpus ? std::move(*cpus) : std::vector<uint32_t>{0};
}

Result<Fd> attach_to_tracepoint(int program_fd, uint64_t tracepoint_id) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = tracepoint_id;
  attributes.sample_period = 1;
  attributes.wakeup_events = 1;
  // The CPU does not matter: the program hangs on the tracepoint itself
  // (perf_event_attach_bpf_prog).
  Fd event = open_event(attributes, 0);
  if (!event.is_open()) return open_error("tracepoint", errno);
  TRY_VOID(run_program(event, program_fd));
  return event;
}

Result<std::vector<Fd>> attach_to_cpu_clock(int program_fd, uint64_t period_ns,
                                            const std::vector<uint32_t>& cpus) {
  std::vector<Fd> events;
  for (const uint32_t cpu : cpus) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    attributes.sample_period = period_ns;
    attributes.disabled = 1;
    Fd event = open_event(attributes, cpu);
    if (!event.is_open() && errno == ENODEV) continue;
    if (!event.is_open()) return open_error("cpu-clock", errno);
    TRY_VOID(run_program(event, program_fd));
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace quarrel
