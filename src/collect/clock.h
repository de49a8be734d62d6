// What time is it on the clock that the kernel stamps events with?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>

namespace quarrel {

/// CLOCK_MONOTONIC in ns: the clock of bpf_ktime_get_ns.
inline uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

/// CPU time that the calling thread has used, in ns.
inline uint64_t thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

/// CPU time of all threads of the process so far; 0 if it has ended.
inline uint64_t process_cpu_ns(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace quarrel
