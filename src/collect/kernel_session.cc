// What do all collectors need around their BPF programs: clear errors, a clean end, their cost?
#include "collect/kernel_session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/membarrier.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <thread>

namespace quarrel {
namespace {

// PROC_PID_INIT_INO in include/linux/proc_ns.h.
constexpr uint64_t kInitialPidNamespace = 4026531836;
// The reason stands in the last lines of a verifier log, which may have thousands.
constexpr size_t kKeptLines = 6;
constexpr size_t kKeptLineBytes = 300;

// libbpf's print callback has no context argument.
thread_local std::deque<std::string>* log_of_this_thread = nullptr;

void keep_lines(std::string_view text) {
  while (!text.empty()) {
    const size_t line_end = std::min(text.find('\n'), text.size());
    if (line_end > 0)
      log_of_this_thread->emplace_back(text.substr(0, std::min(line_end, kKeptLineBytes)));
    if (log_of_this_thread->size() > kKeptLines) log_of_this_thread->pop_front();
    text.remove_prefix(std::min(line_end + 1, text.size()));
  }
}

__attribute__((format(printf, 2, 0))) int keep_message(libbpf_print_level level, const char* format,
                                                       va_list arguments) {
  if (log_of_this_thread == nullptr || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int bytes = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (bytes <= 0) return 0;
  std::string text(static_cast<size_t>(bytes) + 1, '\0');
  std::vsnprintf(text.data(), text.size(), format, arguments);
  text.pop_back();
  keep_lines(text);
  return 0;
}

std::string_view way_out(int error) {
  if (error == EPERM || error == EACCES) return "; run as root or with CAP_BPF and CAP_PERFMON";
  if (error == ENOENT || error == ESRCH)
    return "; needs a kernel with BTF (/sys/kernel/btf/vmlinux)";
  return "";
}

}  // namespace

LibbpfLog::LibbpfLog() {
  log_of_this_thread = &lines_;
  libbpf_set_print(keep_message);
}

LibbpfLog::~LibbpfLog() {
  log_of_this_thread = nullptr;
}

Error LibbpfLog::describe(std::string_view what, int error) const {
  std::string message = fmt::format("{}: {}{}", what, std::strerror(error), way_out(error));
  for (const std::string& line : lines_) message += "\n  " + line;
  return {std::move(message)};
}

TargetFilter filter_for(pid_t pid) {
  TargetFilter filter;
  filter.tgid = static_cast<uint32_t>(pid);
  struct stat facts{}, target{};
  if (::stat("/proc/self/ns/pid", &facts) != 0) return filter;
  if (::stat(fmt::format("/proc/{}/ns/pid", pid).c_str(), &target) == 0)
    filter.is_target_nested = target.st_ino != facts.st_ino;
  if (facts.st_ino == kInitialPidNamespace) return filter;
  // bpf_get_ns_current_pid_tgid compares with the kernel's own encoding (MINORBITS is 20).
  filter.namespace_device = (uint64_t{major(facts.st_dev)} << 20) | minor(facts.st_dev);
  filter.namespace_inode = facts.st_ino;
  return filter;
}

Result<void> adopt_shared_map(const SharedMaps& shared, bpf_map* map) {
  const auto found = shared.find(bpf_map__name(map));
  if (found == shared.end()) return {};
  if (const int error = bpf_map__reuse_fd(map, found->second.get()); error != 0)
    return Error{fmt::format("sharing the BPF map {}: {}", found->first, std::strerror(-error))};
  return {};
}

void share_map(SharedMaps& shared, const bpf_map* map) {
  Fd copy(::fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3));
  if (copy.is_open()) shared.try_emplace(bpf_map__name(map), std::move(copy));
}

void wait_for_running_programs() {
  // Waits for an RCU grace period: BPF programs of tracepoints and perf events run with preemption
  // off, which RCU takes for a reader. Kernels with nohz_full refuse.
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

void EventRing::Free::operator()(ring_buffer* ring) const {
  ring_buffer__free(ring);
}

Result<void> EventRing::open(int map_fd, Handler handler) {
  consumer_ = std::make_unique<Consumer>();
  consumer_->handler = std::move(handler);
  const auto forward = [](void* context, void* event, size_t bytes) {
    auto* consumer = static_cast<Consumer*>(context);
    consumer->handler(event, bytes);
    // A negative result ends ring_buffer__consume behind this event.
    return std::chrono::steady_clock::now() < consumer->until ? 0 : -EAGAIN;
  };
  ring_.reset(ring_buffer__new(map_fd, forward, consumer_.get(), nullptr));
  if (!ring_) return Error{fmt::format("mapping a BPF ring buffer: {}", std::strerror(errno))};
  return {};
}

bool EventRing::take_turn() {
  if (!ring_) return true;
  consumer_->until = std::chrono::steady_clock::now() + kTurn;
  return ring_buffer__consume(ring_.get()) != -EAGAIN;
}

void EventRing::drain() {
  if (!ring_) return;
  consumer_->until = std::chrono::steady_clock::time_point::max();
  ring_buffer__consume(ring_.get());
}

bool next_key(int map_fd, const void* key, void* next) {
  return bpf_map_get_next_key(map_fd, key, next) == 0;
}

bool read_element(int map_fd, const void* key, void* value) {
  return bpf_map_lookup_elem(map_fd, key, value) == 0;
}

void sum_counters(int map_fd, uint64_t* counters, size_t count) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return;
  const uint32_t key = 0;
  std::vector<uint64_t> values(static_cast<size_t>(cpus) * count);
  if (!read_element(map_fd, &key, values.data())) return;
  for (size_t i = 0; i < values.size(); ++i) counters[i % count] += values[i];
}

}  // namespace quarrel
