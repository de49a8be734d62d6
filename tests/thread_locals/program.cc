// Which thread-local objects do other threads use, and how?
//
//   thread_locals locks|asleep|lines|successors SECONDS
//
// locks: a consumer takes the mutex of a producer's thread-local queue. asleep: two consumers do,
// while the producer sleeps from before the attach on. lines: a monitor posts into
// the line of a thread-local counter. successors: threads that live one after another on the same
// memory, each alone on its counter. Prints "address 0x..." of the object, or 0 without one.
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Queue {
  long capacity = 0;
  std::mutex mu;
  long items = 0;
};

struct alignas(64) Slot {
  std::atomic<long> done{0};
  std::atomic<long> posted{0};
};

thread_local Queue t_queue;
thread_local Slot t_slot;

Clock::time_point end_of_run;

bool is_over() {
  return Clock::now() > end_of_run;
}

void show(const void* address) {
  std::printf("address %p\n", address);
  std::fflush(stdout);
}

void work_for(std::chrono::microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

void use(Queue& queue) {
  while (!is_over()) {
    {
      const std::lock_guard guard(queue.mu);
      ++queue.items;
      work_for(300us);
    }
    work_for(100us);
  }
}

[[gnu::noinline]] void count_own() {
  while (!is_over())
    for (int i = 0; i < 1000; ++i) t_slot.done.fetch_add(1, std::memory_order_relaxed);
}

[[gnu::noinline]] void post(Slot& slot) {
  while (!is_over())
    for (int i = 0; i < 1000; ++i) slot.posted.fetch_add(1, std::memory_order_relaxed);
}

void sleep_on() {
  std::this_thread::sleep_until(end_of_run);
}

template <class Object>
void share(Object& (*own)(), void (*use_own)(), void (*use_others)(Object&), int strangers = 1) {
  std::atomic<Object*> shared{nullptr};
  std::thread owner([&] {
    pthread_setname_np(pthread_self(), "owner");
    shared = &own();
    show(shared);
    use_own();
    std::this_thread::sleep_for(100ms);  // the other may be in it still
  });
  const auto use_shared = [&] {
    pthread_setname_np(pthread_self(), "stranger");
    while (shared == nullptr) std::this_thread::yield();
    use_others(*shared);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < strangers; ++i) threads.emplace_back(use_shared);
  for (std::thread& thread : threads) thread.join();
  owner.join();
}

void live_for(std::chrono::milliseconds time) {
  const auto end = std::min(Clock::now() + time, end_of_run);
  while (Clock::now() < end)
    for (int i = 0; i < 1000; ++i) t_slot.done.fetch_add(1, std::memory_order_relaxed);
}

/// Two at a time, so that each kind of memory is used again and again.
void succeed_each_other() {
  show(nullptr);
  while (!is_over()) {
    std::thread first(live_for, 40ms);
    std::thread second(live_for, 40ms);
    first.join();
    second.join();
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  end_of_run = Clock::now() + std::chrono::milliseconds(long(std::atof(arguments[2]) * 1000));
  if (std::strcmp(arguments[1], "locks") == 0)
    share<Queue>([]() -> Queue& { return t_queue; }, [] { use(t_queue); }, use);
  else if (std::strcmp(arguments[1], "asleep") == 0)
    share<Queue>([]() -> Queue& { return t_queue; }, sleep_on, use, 2);
  else if (std::strcmp(arguments[1], "lines") == 0)
    share<Slot>([]() -> Slot& { return t_slot; }, count_own, post);
  else
    succeed_each_other();
}
