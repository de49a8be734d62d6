// Threads fight over memory of the heap: which call allocated it?
//
// owners MODE SECONDS. Each call that allocates what is fought over prints "site FUNCTION LINE", in
// the order in which they own it. Memory that nobody must be named for prints none.
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

using Counter = std::atomic<long>;
constexpr size_t kCounters = 8;
/// Beyond what others have freed before: the C library itself must not be the owner of a piece.
constexpr size_t kBlockBytes = 1480;

#define SITE() std::printf("site %s %d\n", __func__, __LINE__ + 1)

/// Two threads count, each in a counter of its own.
void fight(Counter& mine, Counter& yours, double seconds) {
  const auto end = Clock::now() + duration<double>(seconds);
  const auto count = [end](const char* name, Counter& counter) {
    pthread_setname_np(pthread_self(), name);
    while (Clock::now() < end)
      for (int i = 0; i < 1000; ++i) counter.fetch_add(1, std::memory_order_relaxed);
  };
  std::thread first(count, "first", std::ref(mine));
  std::thread second(count, "second", std::ref(yours));
  first.join();
  second.join();
}

void fight_in(void* memory, double seconds) {
  auto* counters = static_cast<Counter*>(memory);
  fight(counters[0], counters[1], seconds);
}

/// Behind this the compiler makes no calloc of malloc.
void* cleared(void* memory, size_t bytes) {
  asm volatile("" : "+r"(memory));
  return std::memset(memory, 0, bytes);
}

[[gnu::noinline]] std::vector<Counter> make_vector() {
  SITE();
  std::vector<Counter> counters(kCounters);
  return counters;
}

void fight_in_vector(double seconds) {
  std::vector<Counter> counters = make_vector();
  fight(counters[0], counters[1], seconds);
}

struct Stats {
  Counter hits{0};
  Counter misses{0};
};

[[gnu::noinline]] std::shared_ptr<Stats> make_stats() {
  SITE();
  return std::make_shared<Stats>();
}

void fight_in_shared(double seconds) {
  const std::shared_ptr<Stats> stats = make_stats();
  fight(stats->hits, stats->misses, seconds);
}

[[gnu::noinline]] void* by_malloc() {
  SITE();
  void* memory = std::malloc(kBlockBytes);
  return cleared(memory, kBlockBytes);
}

[[gnu::noinline]] void* by_calloc() {
  SITE();
  void* memory = std::calloc(1, kBlockBytes);
  return memory;
}

[[gnu::noinline]] void* by_realloc() {
  void* small = std::malloc(24);
  SITE();
  void* memory = std::realloc(small, kBlockBytes);
  return cleared(memory, kBlockBytes);
}

[[gnu::noinline]] void* by_aligned_alloc() {
  SITE();
  void* memory = std::aligned_alloc(64, 1536);
  return cleared(memory, 1536);
}

[[gnu::noinline]] void* by_posix_memalign() {
  void* memory = nullptr;
  SITE();
  if (posix_memalign(&memory, 64, 1536) != 0) std::abort();
  return cleared(memory, 1536);
}

void fight_in_block(void* (*allocate)(), double seconds) {
  void* memory = allocate();
  fight_in(memory, seconds);
  std::free(memory);
}

void* g_kept = nullptr;

/// The block is not the program's any more when it is fought over: all that is known is gone.
[[gnu::noinline]] void* first_owner(bool says_so) {
  if (says_so) SITE();
  void* memory = std::malloc(kBlockBytes);
  return cleared(memory, kBlockBytes);
}

[[gnu::noinline]] void* second_owner() {
  SITE();
  void* memory = std::malloc(kBlockBytes);
  return cleared(memory, kBlockBytes);
}

void must_be_same(const void* first, const void* second) {
  if (first == second) return;
  std::fprintf(stderr, "malloc gave out another block\n");
  std::exit(3);
}

/// Nothing but the second owner fights.
void reuse(double seconds) {
  void* first = first_owner(false);
  std::this_thread::sleep_for(duration<double>(seconds / 4));
  std::free(first);
  void* second = second_owner();
  must_be_same(first, second);
  fight_in(second, seconds);
  g_kept = second;
}

/// Two threads that count in the memory of the turn, and wait in between.
class Turns {
 public:
  explicit Turns(double seconds) : seconds_(seconds) {}

  void run(void* memory) {
    memory_ = static_cast<Counter*>(memory);
    const int turn = ++turn_;
    while (done_ < 2 * turn) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  void count(int index) {
    for (int turn = 1; turn <= 2; ++turn) {
      while (turn_ < turn) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      Counter& counter = memory_[index];
      const auto end = Clock::now() + duration<double>(seconds_);
      while (Clock::now() < end)
        for (int i = 0; i < 1000; ++i) counter.fetch_add(1, std::memory_order_relaxed);
      ++done_;
    }
  }

  const double seconds_;
  Counter* memory_ = nullptr;
  std::atomic<int> turn_ = 0;
  std::atomic<int> done_ = 0;
  std::jthread first_{[this] { count(0); }};
  std::jthread second_{[this] { count(1); }};
};

/// Both own what the same threads fight over, one after the other.
void take_turns(double seconds) {
  Turns turns(seconds / 2);
  void* first = first_owner(true);
  turns.run(first);
  std::free(first);
  void* second = second_owner();
  must_be_same(first, second);
  turns.run(second);
  g_kept = second;
}

/// More than any budget of probes bears; the blocks are of another size.
void allocate_much(double seconds) {
  const auto end = Clock::now() + duration<double>(seconds);
  while (Clock::now() < end)
    for (int i = 0; i < 1000; ++i) {
      void* volatile memory = std::malloc(24);
      std::free(memory);
    }
}

/// The first owner is known, but not that it gave the block back.
void reuse_unseen(double seconds) {
  void* first = first_owner(false);
  allocate_much(seconds);
  std::free(first);
  void* second = std::malloc(kBlockBytes);
  must_be_same(first, second);
  fight_in(cleared(second, kBlockBytes), seconds);
  g_kept = second;
}

struct Server {
  std::mutex mutex;
  long requests = 0;
};

[[gnu::noinline]] Server* make_server() {
  SITE();
  return new Server;
}

void fight_for_mutex(double seconds) {
  const std::unique_ptr<Server> server(make_server());
  const auto end = Clock::now() + duration<double>(seconds);
  const auto serve = [&server, end](const char* name) {
    pthread_setname_np(pthread_self(), name);
    while (Clock::now() < end) {
      const std::lock_guard lock(server->mutex);
      ++server->requests;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  };
  std::thread first(serve, "first");
  std::thread second(serve, "second");
  first.join();
  second.join();
}

/// Not of the heap at all.
void fight_in_global(double seconds) {
  alignas(64) static Counter counters[2];
  fight(counters[0], counters[1], seconds);
}

const std::map<std::string, std::function<void(double)>>& modes() {
  static const std::map<std::string, std::function<void(double)>> all = {
      {"vector", fight_in_vector},
      {"shared", fight_in_shared},
      {"malloc", [](double seconds) { fight_in_block(by_malloc, seconds); }},
      {"calloc", [](double seconds) { fight_in_block(by_calloc, seconds); }},
      {"realloc", [](double seconds) { fight_in_block(by_realloc, seconds); }},
      {"aligned_alloc", [](double seconds) { fight_in_block(by_aligned_alloc, seconds); }},
      {"posix_memalign", [](double seconds) { fight_in_block(by_posix_memalign, seconds); }},
      {"mutex", fight_for_mutex},
      {"turns", take_turns},
      {"reused", reuse},
      {"unseen", reuse_unseen},
      {"global", fight_in_global}};
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const auto mode = argc == 3 ? modes().find(argv[1]) : modes().end();
  if (mode == modes().end()) {
    std::fprintf(stderr, "usage: owners MODE SECONDS\n");
    return 2;
  }
  // A buffer of its own would take the place of a block that was freed.
  static char buffer[1024];
  std::setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
  mode->second(std::atof(argv[2]));
  return 0;
}
