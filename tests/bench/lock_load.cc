// A load whose progress another process can read at any time: how much does a profiler cost it?
//
//   lock_load COUNTERS uncontended   2 threads, each with a mutex of its own
//   lock_load COUNTERS handoff       8 threads hand two mutexes to each other, some 50,000 waits a
//                                    second
//   lock_load COUNTERS rush          8 threads want two mutexes for a moment: most calls of futex
//                                    come too late to sleep
//   lock_load COUNTERS many          1,000 threads on 1,000 mutexes, each kept while asleep
//
// COUNTERS is a file that it makes: one little-endian 64-bit number of steps per thread, a cache
// line apart. Prints "ready" and runs until it or its parent is ended.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace {

struct alignas(64) Counter {
  std::atomic<uint64_t> steps;

  void add() { steps.store(steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

Counter* make_counters(const char* path, size_t count) {
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const size_t bytes = count * sizeof(Counter);
  if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) fail(path);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) fail(path);
  return static_cast<Counter*>(memory);
}

struct alignas(64) Lock {
  std::mutex mutex;
};

Lock g_own[2];
Lock g_pair[2];

// Some 50,000 waits a second on two CPUs of 2022.
constexpr unsigned kWorkInside = 10'000;
constexpr unsigned kWorkOutside = 10'000;
constexpr unsigned kWorkInRush = 300;
Lock g_many[1000];

void take_own(size_t self, Counter& counter) {
  while (true) {
    const std::lock_guard guard(g_own[self].mutex);
    counter.add();
  }
}

void work(unsigned steps) {
  for (unsigned i = 0; i < steps; ++i) asm volatile("" ::: "memory");
}

/// More threads than CPUs want two mutexes: who comes second sleeps and is handed the mutex.
void hand_over(size_t self, Counter& counter) {
  for (size_t turn = self;; ++turn) {
    {
      const std::lock_guard guard(g_pair[turn % 2].mutex);
      work(kWorkInside);
      std::this_thread::yield();
      counter.add();
    }
    work(kWorkOutside);
  }
}

void rush(size_t self, Counter& counter) {
  for (size_t turn = self;; ++turn) {
    const std::lock_guard guard(g_pair[turn % 2].mutex);
    work(kWorkInRush);
    counter.add();
  }
}

void take_any(size_t self, Counter& counter) {
  std::minstd_rand random(static_cast<unsigned>(self + 1));
  while (true) {
    const std::lock_guard guard(g_many[random() % std::size(g_many)].mutex);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    counter.add();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: lock_load COUNTERS (uncontended | handoff | many)\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a load without its script would burn CPUs for ever
  struct Load {
    const char* name;
    size_t threads;
    std::function<void(size_t, Counter&)> run;
  };
  const std::array<Load, 4> loads{{{"uncontended", 2, take_own},
                                   {"handoff", 8, hand_over},
                                   {"rush", 8, rush},
                                   {"many", 1000, take_any}}};
  for (const Load& load : loads) {
    if (std::strcmp(load.name, argv[2]) != 0) continue;
    Counter* counters = make_counters(argv[1], load.threads);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < load.threads; ++i)
      threads.emplace_back(load.run, i, std::ref(counters[i]));
    std::puts("ready");
    std::fflush(stdout);
    for (std::thread& thread : threads) thread.join();
  }
  std::fprintf(stderr, "lock_load: no load is called %s\n", argv[2]);
  return 2;
}
