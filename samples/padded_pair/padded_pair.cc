// What do two counters cost each other when they share a cache line?
//
// Two threads, each with a counter of its own, that have nothing to say to each other. Built with
// -DFIXED the counters stand on lines of their own. Usage: padded_pair [SECONDS]
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

#ifdef FIXED
constexpr size_t kAlignment = 64;
#else
constexpr size_t kAlignment = alignof(std::atomic<long>);
#endif

struct Counters {
  alignas(kAlignment) std::atomic<long> a{0};
  alignas(kAlignment) std::atomic<long> b{0};
};

// Aligned, so that the unpadded pair is sure to share one line.
alignas(64) Counters g_counters;
std::atomic<bool> g_stop{false};

constexpr int kBatch = 1009;

void count_a() {
  pthread_setname_np(pthread_self(), "count-a");
  while (!g_stop.load(std::memory_order_relaxed))
    for (int i = 0; i < kBatch; ++i) g_counters.a.fetch_add(1, std::memory_order_relaxed);
}

void count_b() {
  pthread_setname_np(pthread_self(), "count-b");
  while (!g_stop.load(std::memory_order_relaxed))
    for (int i = 0; i < kBatch; ++i) g_counters.b.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  std::thread first(count_a);
  std::thread second(count_b);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  g_stop = true;
  first.join();
  second.join();
  const auto line = [](const void* address) { return reinterpret_cast<uintptr_t>(address) / 64; };
  std::printf("{\"writers_per_line\": %d, \"a\": %ld, \"b\": %ld, \"ns_per_increment\": %.2f}\n",
              line(&g_counters.a) == line(&g_counters.b) ? 2 : 1, g_counters.a.load(),
              g_counters.b.load(), 2e9 * seconds / double(g_counters.a + g_counters.b));
}
