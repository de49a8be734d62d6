// A target whose contention is known: who holds which mutex, who waits, and how often exactly.
//
//   contended forever     one thread holds the mutex 2 ms at a time, two wait. Each line on stdin
//                         starts one more waiter; end of input ends the program.
//   contended exact N     after a line on stdin, exactly N waits of 3 ms or more, then the sum.
//   contended timed       after a line on stdin, a thread tries to get the mutex for 5 ms at a
//   time,
//                         40 times, and then waits until it has it.
//   contended signalled   the same with one wait that 40 signals interrupt.
//   contended deadlock    two threads each hold one mutex and wait for that of the other.
//   contended sharing     two threads increment neighbouring counters.
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

pthread_mutex_t g_mutex = PTHREAD_MUTEX_INITIALIZER;
std::atomic<bool> g_stop{false};

struct Pair {
  std::atomic<long> left{0};
  std::atomic<long> right{0};
};
alignas(64) Pair g_pair;

int own_tid() {
  return static_cast<int>(syscall(SYS_gettid));
}

void work_for(milliseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

void hold_again_and_again() {
  pthread_setname_np(pthread_self(), "slow holder");
  std::printf("holder %d\n", own_tid());
  std::fflush(stdout);
  while (!g_stop) {
    pthread_mutex_lock(&g_mutex);
    work_for(milliseconds(2));
    pthread_mutex_unlock(&g_mutex);
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void wait_again_and_again() {
  std::printf("waiter %d\n", own_tid());
  std::fflush(stdout);
  while (!g_stop) {
    pthread_mutex_lock(&g_mutex);
    pthread_mutex_unlock(&g_mutex);
    // Leaves the mutex to the others: without a pause, two such threads fight mostly each other.
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

std::string read_line() {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    line += static_cast<char>(c);
    if (c == '\n') break;
  }
  return line;
}

void run_forever() {
  std::vector<std::thread> threads;
  threads.emplace_back(hold_again_and_again);
  threads.emplace_back(wait_again_and_again);
  threads.emplace_back(wait_again_and_again);
  while (!read_line().empty()) threads.emplace_back(wait_again_and_again);
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
}

/// The waiter sleeps when the word says that there is one and some time has passed.
bool has_waiter() {
  return __atomic_load_n(&g_mutex.__data.__lock, __ATOMIC_RELAXED) == 2;
}

void make_one_wait(std::atomic<long>& waited_ns) {
  pthread_mutex_lock(&g_mutex);
  std::thread waiter([&] {
    const auto start = Clock::now();
    pthread_mutex_lock(&g_mutex);
    waited_ns += std::chrono::nanoseconds(Clock::now() - start).count();
    pthread_mutex_unlock(&g_mutex);
  });
  while (!has_waiter()) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(3));
  pthread_mutex_unlock(&g_mutex);
  waiter.join();
}

void run_exact(long count) {
  read_line();
  std::atomic<long> waited_ns{0};
  for (long i = 0; i < count; ++i) make_one_wait(waited_ns);
  std::printf("waited_ns %ld\n", waited_ns.load());
}

/// Holds the mutex while `wait` runs, which gets it in the end, and tells how long that took.
template <class Wait, class Beside>
void time_one_wait(Wait wait, Beside beside) {
  read_line();
  pthread_mutex_lock(&g_mutex);
  long waited_ns = 0;
  std::thread waiter([&] {
    const auto start = Clock::now();
    wait();
    waited_ns = std::chrono::nanoseconds(Clock::now() - start).count();
    pthread_mutex_unlock(&g_mutex);
  });
  while (!has_waiter()) std::this_thread::yield();
  beside(waiter);
  pthread_mutex_unlock(&g_mutex);
  waiter.join();
  std::printf("waited_ns %ld\n", waited_ns);
}

constexpr int kTries = 40;
constexpr milliseconds kTry{5};

timespec after(milliseconds time) {
  timespec at{};
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += std::chrono::nanoseconds(time).count();
  at.tv_sec += at.tv_nsec / 1'000'000'000;
  at.tv_nsec %= 1'000'000'000;
  return at;
}

void run_timed() {
  std::atomic<int> timeouts{0};
  const auto wait = [&] {
    for (timespec end = after(kTry); pthread_mutex_timedlock(&g_mutex, &end) != 0;
         end = after(timeouts < kTries ? kTry : milliseconds(60'000)))
      ++timeouts;
  };
  time_one_wait(wait, [&](std::thread&) {
    while (timeouts < kTries) std::this_thread::sleep_for(kTry);
  });
}

void run_signalled() {
  std::signal(SIGUSR1, [](int) {});
  time_one_wait([] { pthread_mutex_lock(&g_mutex); },
                [](std::thread& waiter) {
                  for (int i = 0; i < kTries; ++i) {
                    std::this_thread::sleep_for(kTry);
                    pthread_kill(waiter.native_handle(), SIGUSR1);
                  }
                });
}

/// What a thread takes second, the other has: both wait for ever.
void run_deadlock() {
  pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
  std::atomic<int> holders{0};
  const auto lock_both = [&](pthread_mutex_t& first, pthread_mutex_t& second) {
    pthread_mutex_lock(&first);
    for (++holders; holders < 2;) std::this_thread::yield();
    pthread_mutex_lock(&second);
  };
  std::thread one([&] { lock_both(g_mutex, other); });
  std::thread two([&] { lock_both(other, g_mutex); });
  std::this_thread::sleep_for(milliseconds(50));
  std::printf("asleep 1\n");
  std::fflush(stdout);
  read_line();
  _exit(0);
}

void count_up(const char* name, std::atomic<long>& counter) {
  std::printf("%s %d\n", name, own_tid());
  std::fflush(stdout);
  while (!g_stop) counter.fetch_add(1, std::memory_order_relaxed);
}

void run_sharing() {
  std::thread left([] { count_up("left", g_pair.left); });
  std::thread right([] { count_up("right", g_pair.right); });
  read_line();
  g_stop = true;
  left.join();
  right.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  // On a busy machine the threads must still run side by side. Without the right, they try.
  setpriority(PRIO_PROCESS, 0, -15);
  std::printf("mutex %lu\n", reinterpret_cast<unsigned long>(&g_mutex));
  std::printf("pair %lu\n", reinterpret_cast<unsigned long>(&g_pair));
  std::printf("main %d\n", own_tid());
  std::fflush(stdout);
  if (mode == "forever") run_forever();
  if (mode == "exact" && argc > 2) run_exact(std::atol(argv[2]));
  if (mode == "timed") run_timed();
  if (mode == "signalled") run_signalled();
  if (mode == "deadlock") run_deadlock();
  if (mode == "sharing") run_sharing();
  return 0;
}
