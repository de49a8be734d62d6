// Does a queue stand for a lock because it is handed over, or because it is held?
//
//   convoys convoy    many threads hold the mutex 1 us at a time, every 60 us: the next one is
//   woken
//                     and waits for a CPU much longer than the lock is held
//   convoys held      eight threads hold it for 300 us, and sleep 100 us
//   convoys pair      two threads only: no queue
//   convoys chain     three threads wait for g_outer, whose holder waits for g_inner
//
// Runs for two seconds.
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

std::mutex g_queue_lock;
std::mutex g_outer;
std::mutex g_inner;

namespace {

using std::chrono::microseconds;
using Clock = std::chrono::steady_clock;

const Clock::time_point kEnd = Clock::now() + std::chrono::seconds(2);

void work(microseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

void hold_for(microseconds time) {
  std::scoped_lock lock(g_queue_lock);
  work(time);
}

void queue_up_briefly() {
  while (Clock::now() < kEnd) {
    hold_for(microseconds(1));
    work(microseconds(60));
  }
}

void hold_long() {
  while (Clock::now() < kEnd) {
    hold_for(microseconds(300));
    std::this_thread::sleep_for(microseconds(100));
  }
}

// The innermost lock is the root: it is held asleep.
void hold_inner() {
  while (Clock::now() < kEnd) {
    {
      std::scoped_lock lock(g_inner);
      std::this_thread::sleep_for(microseconds(2000));
    }
    std::this_thread::sleep_for(microseconds(100));
  }
}

void take_both() {
  while (Clock::now() < kEnd) {
    std::scoped_lock outer(g_outer);
    std::scoped_lock inner(g_inner);
  }
}

void take_outer() {
  while (Clock::now() < kEnd) {
    {
      std::scoped_lock lock(g_outer);
    }
    std::this_thread::sleep_for(microseconds(100));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto is = [&](const char* mode) { return argc > 1 && std::strcmp(argv[1], mode) == 0; };
  std::vector<std::thread> threads;
  const int brief = is("convoy") ? 32 : is("pair") ? 2 : 0;
  for (int i = 0; i < brief; ++i) threads.emplace_back(queue_up_briefly);
  for (int i = 0; is("held") && i < 8; ++i) threads.emplace_back(hold_long);
  if (is("chain")) {
    threads.emplace_back(hold_inner);
    threads.emplace_back(take_both);
    for (int i = 0; i < 3; ++i) threads.emplace_back(take_outer);
  }
  for (std::thread& thread : threads) thread.join();
}
