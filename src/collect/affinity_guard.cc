// How do borrowed threads get their CPUs back, however this process ends?
#include "collect/affinity_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace quarrel {
namespace {

constexpr size_t kMaxThreads = 64;

struct Borrowed {
  int32_t tid = 0;
  cpu_set_t own;   // to be given back
  cpu_set_t lent;  // what it has meanwhile
};

}  // namespace

struct AffinityGuard::Table {
  std::atomic<uint32_t> count{0};
  Borrowed threads[kMaxThreads];
};

namespace {

/// Async-signal-safe: the helper is a fork of a process with threads.
void give_back(AffinityGuard::Table& table) {
  const uint32_t count = table.count.load();
  for (uint32_t i = 0; i < count && i < kMaxThreads; ++i) {
    const Borrowed& thread = table.threads[i];
    cpu_set_t now;
    if (::sched_getaffinity(thread.tid, sizeof(now), &now) != 0) continue;
    if (CPU_EQUAL(&now, &thread.lent))
      (void)::sched_setaffinity(thread.tid, sizeof(thread.own), &thread.own);
  }
  table.count.store(0);
}

/// In a session of its own, so that Ctrl-C at the terminal does not reach it.
[[noreturn]] void wait_for_the_end(int alive, AffinityGuard::Table& table) {
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  if (alive != 3) ::dup2(alive, 3);
  ::close_range(4, ~0u, 0);
  char byte = 0;
  while (::read(3, &byte, 1) < 0 && errno == EINTR) {
  }
  give_back(table);
  ::_exit(0);
}

bool read_masks(const std::vector<int32_t>& tids, AffinityGuard::Table& table, cpu_set_t& common) {
  for (size_t i = 0; i < tids.size(); ++i) {
    Borrowed& thread = table.threads[i];
    thread.tid = tids[i];
    if (::sched_getaffinity(thread.tid, sizeof(thread.own), &thread.own) != 0) return false;
    if (i == 0)
      common = thread.own;
    else
      CPU_AND(&common, &common, &thread.own);
  }
  return CPU_COUNT(&common) > 0;
}

cpu_set_t first_of(const cpu_set_t& cpus) {
  cpu_set_t first;
  CPU_ZERO(&first);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &cpus)) continue;
    CPU_SET(cpu, &first);
    break;
  }
  return first;
}

}  // namespace

Result<void> AffinityGuard::start() {
  void* shared =
      ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2];
  if (shared == MAP_FAILED || ::pipe2(ends, O_CLOEXEC) != 0)
    return Error{fmt::format("preparing to move threads: {}", std::strerror(errno))};
  table_ = new (shared) Table;
  const Fd read_end(ends[0]);
  alive_ = Fd(ends[1]);
  helper_ = ::fork();
  if (helper_ < 0) return Error{fmt::format("fork: {}", std::strerror(errno))};
  if (helper_ == 0) wait_for_the_end(read_end.get(), *table_);
  return {};
}

bool AffinityGuard::gather(const std::vector<int32_t>& tids) {
  cpu_set_t common;
  CPU_ZERO(&common);
  if (table_ == nullptr || tids.size() > kMaxThreads || !read_masks(tids, *table_, common))
    return false;
  const cpu_set_t one = first_of(common);
  for (size_t i = 0; i < tids.size(); ++i) table_->threads[i].lent = one;
  // The helper has to know before the first one is moved.
  table_->count.store(static_cast<uint32_t>(tids.size()));
  for (const int32_t tid : tids)
    if (::sched_setaffinity(tid, sizeof(one), &one) != 0) {
      restore();
      return false;
    }
  return true;
}

void AffinityGuard::restore() {
  if (table_ != nullptr) give_back(*table_);
}

AffinityGuard::~AffinityGuard() {
  restore();
  alive_.reset();
  if (helper_ > 0) ::waitpid(helper_, nullptr, 0);
  if (table_ != nullptr) ::munmap(table_, sizeof(Table));
}

}  // namespace quarrel
