// Who holds up the clients of a rate limiter, when each of them needs its lock only for a moment?
//
// Clients take tokens; a reporter computes a percentile of the recent grants, and sorts them while
// it holds the lock. Built with -DFIXED clients take tokens in batches from one atomic and keep the
// rest to themselves: no lock is left. Usage: rate_limiter [SECONDS]
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kClients = 3;
constexpr size_t kHistory = 9973;
constexpr auto kReportEvery = std::chrono::milliseconds(5);

std::atomic<bool> g_stop{false};

/// What really happened in one thread; written by it alone, read after it has ended.
struct alignas(64) Truth {
  uint64_t acquisitions = 0;
  uint64_t contended = 0;
  uint64_t waited_ns = 0;
  uint64_t last_result = 0;  // keeps the compiler from dropping the work
};

/// The work of a request outside the limiter.
uint64_t serve(uint64_t seed) {
  for (int i = 0; i < 401; ++i) seed = seed * 6364136223846793005u + 1442695040888963407u;
  return seed;
}

#ifndef FIXED

uint64_t ns_since(Clock::time_point start) {
  return static_cast<uint64_t>((Clock::now() - start).count());
}

class RateLimiter {
 public:
  bool allow(uint64_t cost, Truth& truth) {
    auto lock = acquire(truth);
    recent_[next_++ % kHistory] = cost;
    ++granted_;
    return true;
  }

  uint64_t slowest_percent(Truth& truth) {
    auto lock = acquire(truth);
    std::vector<uint64_t> sorted = recent_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() * 99 / 100];
  }

  uint64_t granted() const { return granted_; }

 private:
  /// Counts how often, and for how long, the lock was not free.
  std::unique_lock<std::mutex> acquire(Truth& truth) {
    std::unique_lock lock(mu_, std::try_to_lock);
    ++truth.acquisitions;
    if (!lock.owns_lock()) {
      const auto start = Clock::now();
      lock.lock();
      ++truth.contended;
      truth.waited_ns += ns_since(start);
    }
    return lock;
  }

  std::mutex mu_;
  uint64_t granted_ = 0;
  uint64_t next_ = 0;
  std::vector<uint64_t> recent_ = std::vector<uint64_t>(kHistory);
};

void run_client(RateLimiter& limiter, Truth& truth, int index) {
  pthread_setname_np(pthread_self(), ("client-" + std::to_string(index)).c_str());
  uint64_t seed = 23 + static_cast<uint64_t>(index);
  while (!g_stop.load(std::memory_order_relaxed)) {
    seed = serve(seed);
    limiter.allow(seed >> 32, truth);
  }
  truth.last_result = seed;
}

#else

class RateLimiter {
 public:
  static constexpr uint64_t kBatch = 1009;

  /// A client takes kBatch tokens at a time, so that the shared counter is touched rarely.
  void take_batch() { granted_.fetch_add(kBatch, std::memory_order_relaxed); }
  uint64_t granted() const { return granted_.load(std::memory_order_relaxed); }
  uint64_t slowest_percent(Truth&) const { return granted(); }

 private:
  alignas(64) std::atomic<uint64_t> granted_{0};
};

void run_client(RateLimiter& limiter, Truth& truth, int index) {
  pthread_setname_np(pthread_self(), ("client-" + std::to_string(index)).c_str());
  uint64_t seed = 23 + static_cast<uint64_t>(index);
  for (uint64_t tokens = 0; !g_stop.load(std::memory_order_relaxed); --tokens) {
    if (tokens == 0) {
      limiter.take_batch();
      ++truth.acquisitions;
      tokens = RateLimiter::kBatch;
    }
    seed = serve(seed);
  }
  truth.last_result = seed;
}

#endif

void run_reporter(RateLimiter& limiter, Truth& truth) {
  pthread_setname_np(pthread_self(), "reporter");
  while (!g_stop.load(std::memory_order_relaxed)) {
    limiter.slowest_percent(truth);
    std::this_thread::sleep_for(kReportEvery);
  }
}

void print_truth(const char* name, const Truth& truth, const char* end) {
  std::printf(
      "{\"thread\": \"%s\", \"acquisitions\": %lu, \"contended\": %lu, \"waited_ms\": %.1f}%s",
      name, truth.acquisitions, truth.contended, double(truth.waited_ns) / 1e6, end);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  auto limiter = std::make_unique<RateLimiter>();
  std::vector<Truth> truths(kClients + 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i)
    threads.emplace_back([&, i] { run_client(*limiter, truths[size_t(i)], i); });
  threads.emplace_back([&] { run_reporter(*limiter, truths[kClients]); });
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
  std::printf("{\"granted\": %lu, \"threads\": [", limiter->granted());
  for (int i = 0; i < kClients; ++i)
    print_truth(("client-" + std::to_string(i)).c_str(), truths[size_t(i)], ", ");
  print_truth("reporter", truths[kClients], "]}\n");
}
