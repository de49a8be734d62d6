// Whose fields do the samples of check_report.py hit? They name its symbols; nothing is measured.
#include <atomic>
#include <thread>

struct Counters {
  std::atomic<long> hits;
  std::atomic<long> misses;
};

struct alignas(64) Padded {
  std::atomic<long> value;
};

alignas(64) Counters g_counters;
Padded g_apart[2];
alignas(64) std::atomic<long> g_total;

extern "C" [[gnu::noinline]] void count_hit() {
  g_counters.hits++;
}
extern "C" [[gnu::noinline]] void count_miss() {
  g_counters.misses++;
}
extern "C" [[gnu::noinline]] void count_apart(int thread) {
  g_apart[thread].value++;
}
extern "C" [[gnu::noinline]] void count_total() {
  g_total++;
}

int main() {
  std::thread one([] {
    count_hit();
    count_apart(0);
    count_total();
  });
  count_miss();
  count_apart(1);
  count_total();
  one.join();
}
