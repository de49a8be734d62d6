// A target that uses locks by a known number and keeps a journal of how long it held them.
//
//   lock_users known     waits for a line, uses four locks, prints what it did, waits for the end
//   lock_users quiet     the same, but its locks are spun on words of its own: no probe is hit
//   lock_users busy N    N threads take and free locks of their own without pause until the end of
//                        input, then print how often
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr int kLongHolds = 101;
constexpr int kShortHolds = 5003;
constexpr int kFailures = 211;
constexpr int kWrites = 307;
constexpr int kReturns = 53;
constexpr uint64_t kLongNs = 200'000;
constexpr uint64_t kShortNs = 3'000;

struct Account {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  long balance = 0;
};

Account g_long, g_short, g_tried, g_returned;
pthread_mutex_t g_recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_rwlock_t g_table = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t g_changed = PTHREAD_COND_INITIALIZER;

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

/// Returns how long it really took.
uint64_t work_for(uint64_t ns) {
  const uint64_t start = now_ns();
  uint64_t now = start;
  while (now - start < ns) now = now_ns();
  return now - start;
}

/// Half of the holds were shorter: what preemption adds to some does not count.
void tell(const char* name, const void* lock, std::vector<uint64_t> held_ns) {
  std::sort(held_ns.begin(), held_ns.end());
  const unsigned long median_ns = held_ns.empty() ? 0 : held_ns[held_ns.size() / 2];
  std::printf("%s_at %lu\n%s_ns %lu\n", name, reinterpret_cast<unsigned long>(lock), name,
              median_ns);
}

std::vector<uint64_t> hold(Account& account, int times, uint64_t ns) {
  std::vector<uint64_t> held_ns;
  for (int i = 0; i < times; ++i) {
    pthread_mutex_lock(&account.mutex);
    held_ns.push_back(work_for(ns));
    ++account.balance;
    pthread_mutex_unlock(&account.mutex);
  }
  return held_ns;
}

void fail_to_take(Account& account) {
  pthread_mutex_lock(&account.mutex);
  std::thread other([&] {
    for (int i = 0; i < kFailures; ++i)
      if (pthread_mutex_trylock(&account.mutex) == 0) std::abort();
  });
  other.join();
  pthread_mutex_unlock(&account.mutex);
}

std::vector<uint64_t> write_table() {
  std::vector<uint64_t> held_ns;
  for (int i = 0; i < kWrites; ++i) {
    pthread_rwlock_wrlock(&g_table);
    held_ns.push_back(work_for(kShortNs));
    pthread_rwlock_unlock(&g_table);
  }
  return held_ns;
}

/// Each wait gives the mutex back and takes it again.
void wait_for_change() {
  std::atomic<bool> is_over{false};
  std::thread other([&] {
    while (!is_over) {
      pthread_cond_signal(&g_changed);
      timespec pause{0, 200'000};
      nanosleep(&pause, nullptr);
    }
  });
  pthread_mutex_lock(&g_returned.mutex);
  for (int i = 0; i < kReturns; ++i) pthread_cond_wait(&g_changed, &g_returned.mutex);
  pthread_mutex_unlock(&g_returned.mutex);
  is_over = true;
  other.join();
}

void use_locks() {
  tell("long", &g_long.mutex, hold(g_long, kLongHolds, kLongNs));
  tell("short", &g_short.mutex, hold(g_short, kShortHolds, kShortNs));
  fail_to_take(g_tried);
  tell("tried", &g_tried.mutex, {});
  for (int depth = 0; depth < 3; ++depth) pthread_mutex_lock(&g_recursive);
  const uint64_t recursive_ns = work_for(kLongNs);
  for (int depth = 0; depth < 3; ++depth) pthread_mutex_unlock(&g_recursive);
  tell("recursive", &g_recursive, {recursive_ns});
  const std::vector<uint64_t> written_ns = write_table();
  tell("table", &g_table, written_ns);
  wait_for_change();
  tell("returned", &g_returned.mutex, {});
}

void spin_quietly() {
  static std::atomic<int> word{0};
  for (int i = 0; i < kShortHolds; ++i) {
    while (word.exchange(1) != 0) {
    }
    work_for(kShortNs);
    word = 0;
  }
}

void stay_busy(int count) {
  static std::atomic<bool> stop{false};
  static std::atomic<unsigned long> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([] {
      Account account;
      while (!stop) {
        pthread_mutex_lock(&account.mutex);
        ++account.balance;
        pthread_mutex_unlock(&account.mutex);
      }
      taken += static_cast<unsigned long>(account.balance);
    });
  while (std::getchar() != EOF) {
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("taken %lu\n", taken.load());
}

}  // namespace

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "known";
  // A second thread: glibc takes locks of a process with one thread by plain stores.
  std::thread idle([] {});
  std::printf("ready 1\n");
  std::fflush(stdout);
  if (std::strcmp(what, "busy") == 0) {
    stay_busy(argc > 2 ? std::atoi(argv[2]) : 1);
  } else {
    std::getchar();
    std::strcmp(what, "quiet") == 0 ? spin_quietly() : use_locks();
    std::printf("done 1\n");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
  }
  idle.join();
}
