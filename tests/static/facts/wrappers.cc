// Do accesses through wrapper classes and functions belong to what they wrap?
#include <atomic>
#include <mutex>

template <class T>
class Relaxed {
 public:
  T get() const { return value_.load(std::memory_order_relaxed); }
  void add(T n) { value_.fetch_add(n, std::memory_order_relaxed); }
  Relaxed& operator=(T n) {
    value_.store(n, std::memory_order_relaxed);
    return *this;
  }
  operator T() const { return get(); }

 private:
  std::atomic<T> value_{0};
};

struct Stats {
  Relaxed<long> hits;
  Relaxed<long> misses;
  std::atomic<int> state{0};
  int plain = 0;
  std::mutex mutex;

  void enter() { mutex.lock(); }
  void leave() { mutex.unlock(); }
};

void set(std::atomic<int>& state, int value) {
  state.store(value, std::memory_order_release);
}
template <class T>
void raise(T* value) {
  ++*value;
}

long use(Stats& stats) {
  stats.hits.add(1);
  stats.misses = stats.hits.get();
  set(stats.state, 3);
  raise(&stats.plain);
  raise(&stats.state);
  stats.enter();
  stats.plain = 1;
  stats.leave();
  return stats.misses;
}
