// A target that knows who held which lock while others waited, to the nanosecond.
//
//   holders slow        one holder keeps the mutex 2 ms at a time, two keep it 20 us
//   holders often       the same with 80 us and 4 us: thousands of waits a second
//   holders bursts      the same with 3 ms and 10 us: many waits at once, and then none for long
//   holders sleeping    the slow holder sleeps with the mutex held
//   holders preempted   the slow holder shares its CPU with a busy thread of higher priority
//   holders chain       the holder of A waits for B, whose holder waits for C, whose holder works
//   holders hot         two threads take the mutex all the time: most futex calls come too late to
//                       sleep, because it is free again
//   holders readers     a writer waits for a rwlock that one slow and two fast readers hold
//
// Prints "tid NAME N" for each thread, runs until a line comes on stdin, and then prints
// "blame LOCK TID NS" (time that others waited for LOCK while TID had it), "waited LOCK NS" and
// "wait LOCK NS" for every single wait in which the thread slept.
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using std::chrono::microseconds;

std::atomic<bool> g_stop{false};

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

int own_tid() {
  return static_cast<int>(syscall(SYS_gettid));
}

long own_sleeps() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool slept = false;  ///< of a wait: the kernel switched to another thread
};

/// What one thread did with one lock.
struct History {
  int tid = 0;
  std::vector<Span> waits;
  std::vector<Span> holds;
};

struct Journal {
  const char* name;
  std::deque<History> histories;
  pthread_spinlock_t guard;

  explicit Journal(const char* journal_name) : name(journal_name) { pthread_spin_init(&guard, 0); }

  History& mine() {
    pthread_spin_lock(&guard);
    histories.emplace_back();
    histories.back().tid = own_tid();
    histories.back().waits.reserve(1 << 20);
    histories.back().holds.reserve(1 << 20);
    History& own = histories.back();
    pthread_spin_unlock(&guard);
    return own;
  }
};

Journal g_journal_a("a"), g_journal_b("b"), g_journal_c("c");
pthread_mutex_t g_a = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t g_b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t g_c = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t g_rwlock = PTHREAD_RWLOCK_INITIALIZER;

/// The lock must be taken without a call into the kernel, or the journal says that it waited.
template <class Try, class Lock>
uint64_t take(History& own, Try try_lock, Lock lock) {
  const uint64_t begin = now_ns();
  if (try_lock()) return begin;
  const long sleeps = own_sleeps();
  lock();
  const uint64_t end = now_ns();
  own.waits.push_back({begin, end, own_sleeps() > sleeps});
  return end;
}

void with_mutex(pthread_mutex_t& mutex, History& own, const std::function<void()>& work) {
  const uint64_t begin = take(
      own, [&] { return pthread_mutex_trylock(&mutex) == 0; }, [&] { pthread_mutex_lock(&mutex); });
  work();
  own.holds.push_back({begin, now_ns(), false});
  pthread_mutex_unlock(&mutex);
}

void spin_for(microseconds time) {
  const uint64_t end = now_ns() + static_cast<uint64_t>(time.count()) * 1000;
  while (now_ns() < end) {
  }
}

void pause_for(microseconds time) {
  std::this_thread::sleep_for(time);
}

void repeat_mutex(pthread_mutex_t& mutex, Journal& journal, const std::function<void()>& work,
                  microseconds pause) {
  History& own = journal.mine();
  while (!g_stop) {
    with_mutex(mutex, own, work);
    pause_for(pause);
  }
}

std::vector<std::thread> g_threads;

/// Spins: a wait for the lock of stdout would be the first that is seen.
void print_own_tid(const char* name) {
  static std::atomic_flag is_printing = ATOMIC_FLAG_INIT;
  while (is_printing.test_and_set()) {
  }
  std::printf("%s %d\n", name, own_tid());
  std::fflush(stdout);
  is_printing.clear();
}

void start(const char* name, std::function<void()> body) {
  g_threads.emplace_back([name, body = std::move(body)] {
    pthread_setname_np(pthread_self(), name);
    print_own_tid(name);
    body();
  });
}

void start_fast(int count, microseconds work, microseconds pause) {
  static const char* const kNames[] = {"fast0", "fast1", "fast2", "fast3", "fast4", "fast5"};
  for (int i = 0; i < count; ++i)
    start(kNames[i], [=] { repeat_mutex(g_a, g_journal_a, [=] { spin_for(work); }, pause); });
}

void run_slow() {
  start("slow", [] {
    repeat_mutex(g_a, g_journal_a, [] { spin_for(microseconds(2000)); }, microseconds(1500));
  });
  start_fast(3, microseconds(20), microseconds(100));
}

void run_often() {
  start("slow", [] {
    repeat_mutex(g_a, g_journal_a, [] { spin_for(microseconds(80)); }, microseconds(1));
  });
  start_fast(4, microseconds(4), microseconds(1));
}

void run_bursts() {
  start("slow", [] {
    repeat_mutex(g_a, g_journal_a, [] { spin_for(microseconds(3000)); }, microseconds(1500));
  });
  start_fast(6, microseconds(10), microseconds(20));
}

void run_sleeping() {
  start("slow", [] {
    repeat_mutex(g_a, g_journal_a, [] { pause_for(microseconds(2000)); }, microseconds(1000));
  });
  start_fast(3, microseconds(20), microseconds(100));
}

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

void run_preempted() {
  start("busy", [] {
    pin_to(0);
    while (!g_stop) spin_for(microseconds(1000));
  });
  start("slow", [] {
    pin_to(0);
    setpriority(PRIO_PROCESS, static_cast<id_t>(own_tid()), -10);
    repeat_mutex(g_a, g_journal_a, [] { spin_for(microseconds(8000)); }, microseconds(200));
  });
  start("fast0", [] {
    pin_to(1);
    repeat_mutex(g_a, g_journal_a, [] { spin_for(microseconds(20)); }, microseconds(100));
  });
}

void run_chain() {
  start("root", [] {
    repeat_mutex(g_c, g_journal_c, [] { spin_for(microseconds(3000)); }, microseconds(300));
  });
  start("middle", [] {
    History& own_b = g_journal_b.mine();
    History& own_c = g_journal_c.mine();
    while (!g_stop) {
      with_mutex(g_b, own_b, [&] { with_mutex(g_c, own_c, [] { spin_for(microseconds(10)); }); });
      pause_for(microseconds(200));
    }
  });
  start("first", [] {
    History& own_a = g_journal_a.mine();
    History& own_b = g_journal_b.mine();
    while (!g_stop) {
      with_mutex(g_a, own_a, [&] { with_mutex(g_b, own_b, [] { spin_for(microseconds(10)); }); });
      pause_for(microseconds(200));
    }
  });
  start_fast(2, microseconds(10), microseconds(200));
}

void run_hot() {
  for (const char* name : {"fast0", "fast1"})
    start(name, [] {
      while (!g_stop) {
        pthread_mutex_lock(&g_a);
        spin_for(microseconds(0));
        pthread_mutex_unlock(&g_a);
      }
    });
}

void repeat_read(microseconds work, microseconds pause, bool sleeps) {
  History& own = g_journal_a.mine();
  while (!g_stop) {
    const uint64_t begin = take(
        own, [] { return pthread_rwlock_tryrdlock(&g_rwlock) == 0; },
        [] { pthread_rwlock_rdlock(&g_rwlock); });
    if (sleeps)
      pause_for(work);
    else
      spin_for(work);
    own.holds.push_back({begin, now_ns(), false});
    pthread_rwlock_unlock(&g_rwlock);
    pause_for(pause);
  }
}

void run_readers() {
  start("slow", [] { repeat_read(microseconds(3000), microseconds(1000), true); });
  start("fast0", [] { repeat_read(microseconds(20), microseconds(1000), false); });
  start("fast1", [] { repeat_read(microseconds(20), microseconds(1000), false); });
  start("writer", [] {
    History& own = g_journal_a.mine();
    while (!g_stop) {
      const uint64_t begin = take(
          own, [] { return pthread_rwlock_trywrlock(&g_rwlock) == 0; },
          [] { pthread_rwlock_wrlock(&g_rwlock); });
      own.holds.push_back({begin, now_ns(), false});
      pthread_rwlock_unlock(&g_rwlock);
      pause_for(microseconds(300));
    }
  });
}

uint64_t overlap_ns(const Span& wait, const std::vector<Span>& holds) {
  uint64_t sum = 0;
  auto hold = std::lower_bound(holds.begin(), holds.end(), wait.begin,
                               [](const Span& span, uint64_t time) { return span.end < time; });
  for (; hold != holds.end() && hold->begin < wait.end; ++hold) {
    const uint64_t begin = std::max(hold->begin, wait.begin);
    const uint64_t end = std::min(hold->end, wait.end);
    if (end > begin) sum += end - begin;
  }
  return sum;
}

void print_truth(const Journal& journal) {
  uint64_t waited_ns = 0;
  std::map<int, uint64_t> blamed;
  for (const History& waiter : journal.histories)
    for (const Span& wait : waiter.waits) {
      waited_ns += wait.end - wait.begin;
      for (const History& holder : journal.histories)
        if (holder.tid != waiter.tid) blamed[holder.tid] += overlap_ns(wait, holder.holds);
    }
  for (const auto& [tid, ns] : blamed)
    if (ns > 0) std::printf("blame %s %d %lu\n", journal.name, tid, ns);
  std::printf("waited %s %lu\n", journal.name, waited_ns);
  for (const History& waiter : journal.histories)
    for (const Span& wait : waiter.waits)
      if (wait.slept) std::printf("wait %s %lu\n", journal.name, wait.end - wait.begin);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const std::map<std::string, void (*)()> modes = {
      {"slow", run_slow},         {"often", run_often},         {"bursts", run_bursts},
      {"sleeping", run_sleeping}, {"preempted", run_preempted}, {"chain", run_chain},
      {"hot", run_hot},           {"readers", run_readers}};
  const auto chosen = modes.find(mode);
  if (chosen == modes.end()) return 2;
  setpriority(PRIO_PROCESS, 0, -15);
  std::printf("a %lu\n", reinterpret_cast<unsigned long>(&g_a));
  std::printf("b %lu\n", reinterpret_cast<unsigned long>(&g_b));
  std::printf("c %lu\n", reinterpret_cast<unsigned long>(&g_c));
  std::printf("rwlock %lu\n", reinterpret_cast<unsigned long>(&g_rwlock));
  std::fflush(stdout);
  std::getchar();  // recorded from here on
  chosen->second();
  std::getchar();
  g_stop = true;
  for (std::thread& thread : g_threads) thread.join();
  for (const Journal* journal : {&g_journal_a, &g_journal_b, &g_journal_c}) print_truth(*journal);
  std::printf("end 0\n");
  return 0;
}
