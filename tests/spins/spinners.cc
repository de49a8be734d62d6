// A target that knows for which spin lock it burnt how much CPU time, and who had it.
//
//   spinners pthread | ttas | tas | cas | ticket     "slow" holds the lock 200 us, "fast" 2 us
//   spinners apart        the same locks, one a thread: never waited for
//   spinners counters     two threads count, each by itself, without a lock
//   spinners shared       two threads count with one atomic, by a loop of compare and exchange
//   spinners poll         a thread polls a flag with a pause until another one sets it
//   spinners queue        a thread takes items out by exchange(nullptr), polling
//
// Runs for two seconds and prints "lock NAME" and "spun NS": CPU time of "fast" in lock().
#include <immintrin.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <thread>

namespace {

std::atomic<bool> g_stop{false};
std::atomic<uint64_t> g_spun_ns{0};

uint64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Arithmetic in registers for about so long.
__attribute__((noinline)) void work(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

struct PthreadSpinLock {
  PthreadSpinLock() { pthread_spin_init(&word, PTHREAD_PROCESS_PRIVATE); }
  void lock() { pthread_spin_lock(&word); }
  void unlock() { pthread_spin_unlock(&word); }
  pthread_spinlock_t word;
};

struct TtasSpinLock {
  __attribute__((noinline)) void lock() {
    while (locked.exchange(true, std::memory_order_acquire))
      while (locked.load(std::memory_order_relaxed)) _mm_pause();
  }
  void unlock() { locked.store(false, std::memory_order_release); }
  std::atomic<bool> locked{false};
};

struct TasSpinLock {
  __attribute__((noinline)) void lock() {
    while (flag.test_and_set(std::memory_order_acquire)) {
    }
  }
  void unlock() { flag.clear(std::memory_order_release); }
  std::atomic_flag flag;
};

struct CasSpinLock {
  __attribute__((noinline)) void lock() {
    for (int free = 0; !word.compare_exchange_weak(free, 1); free = 0) {
    }
  }
  void unlock() { word.store(0, std::memory_order_release); }
  std::atomic<int> word{0};
};

struct TicketSpinLock {
  __attribute__((noinline)) void lock() {
    const uint32_t own = next.fetch_add(1);
    while (serving.load(std::memory_order_acquire) != own) _mm_pause();
  }
  void unlock() { serving.store(serving.load(std::memory_order_relaxed) + 1); }
  std::atomic<uint32_t> next{0};
  std::atomic<uint32_t> serving{0};
};

template <class Lock>
struct Table {
  __attribute__((noinline)) void scan() {
    lock_.lock();
    work(std::chrono::microseconds(200));
    lock_.unlock();
    work(std::chrono::microseconds(50));
  }
  __attribute__((noinline)) void insert() {
    const uint64_t before = cpu_ns();
    lock_.lock();
    g_spun_ns += cpu_ns() - before;
    work(std::chrono::microseconds(2));
    lock_.unlock();
    work(std::chrono::microseconds(20));
  }
  long rows_ = 0;
  Lock lock_;
};

template <class Step>
std::thread start(const char* name, Step step) {
  std::thread thread([step] {
    while (!g_stop) step();
  });
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

template <class First, class Second>
void run(const char* lock, First first, Second second) {
  std::printf("lock %s\n", lock);
  std::thread slow = start("slow", first);
  std::thread fast = start("fast", second);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  g_stop = true;
  slow.join();
  fast.join();
  std::printf("spun %lu\n", g_spun_ns.load());
}

template <class Lock>
void fight(const char* name) {
  auto table = std::make_unique<Table<Lock>>();
  run(name, [&] { table->scan(); }, [&] { table->insert(); });
}

template <class Lock>
void take_often(Lock& lock, volatile long& count) {
  for (int i = 0; i < 1000; ++i) {
    lock.lock();
    count = count + 1;
    lock.unlock();
  }
}

template <class Lock>
struct alignas(128) Own {
  Lock lock;
  volatile long count = 0;
};

void keep_apart() {
  static Own<TtasSpinLock> first;
  static Own<TasSpinLock> second;
  static Own<PthreadSpinLock> third;
  static Own<TicketSpinLock> fourth;
  run(
      "", [] { take_often(first.lock, first.count), take_often(third.lock, third.count); },
      [] { take_often(second.lock, second.count), take_often(fourth.lock, fourth.count); });
}

void count_apart() {
  static Own<int> first;
  static Own<int> second;
  const auto count = [](volatile long& counter) {
    for (int i = 0; i < 1000; ++i) {
      counter = counter + 1;
      _mm_pause();
    }
  };
  run("", [&] { count(first.count); }, [&] { count(second.count); });
}

std::atomic<unsigned long> g_sum{0};

__attribute__((noinline)) void add_doubled() {
  unsigned long seen = g_sum.load();
  while (!g_sum.compare_exchange_weak(seen, seen * 2 + 1)) {
  }
}

std::atomic<bool> g_ready{false};

__attribute__((noinline)) void await_flag() {
  while (!g_ready.load(std::memory_order_acquire) && !g_stop) _mm_pause();
  g_ready = false;
}

std::atomic<int*> g_item{nullptr};

__attribute__((noinline)) int* take_item() {
  int* item = nullptr;
  while ((item = g_item.exchange(nullptr)) == nullptr && !g_stop.load(std::memory_order_relaxed)) {
  }
  return item;
}

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  const auto is = [mode](const char* name) { return std::strcmp(mode, name) == 0; };
  if (is("pthread")) fight<PthreadSpinLock>("Table<PthreadSpinLock>::lock_");
  if (is("ttas")) fight<TtasSpinLock>("Table<TtasSpinLock>::lock_");
  if (is("tas")) fight<TasSpinLock>("Table<TasSpinLock>::lock_");
  if (is("cas")) fight<CasSpinLock>("Table<CasSpinLock>::lock_");
  if (is("ticket")) fight<TicketSpinLock>("Table<TicketSpinLock>::lock_");
  if (is("apart")) keep_apart();
  if (is("counters")) count_apart();
  if (is("shared")) run("", add_doubled, add_doubled);
  if (is("poll")) run("", [] { work(std::chrono::microseconds(300)), g_ready = true; }, await_flag);
  static int item = 1;
  if (is("queue"))
    run("", [] { work(std::chrono::microseconds(300)), g_item = &item; }, [] { take_item(); });
}
