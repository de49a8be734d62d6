// What do templates do that nobody instantiates?
#include <atomic>
#include <mutex>

template <class T, template <class> class Atom = std::atomic, class M = std::mutex>
class Queue {
 public:
  Queue() : plain_(0) {}
  bool push(T v);
  template <class F>
  void each(F f) {
    std::unique_lock<M> lock(mutex_);
    f(plain_);
    lock.unlock();
    plain_ = 2;
  }
  void locked() {
    mutex_.lock();
    plain_++;
    mutex_.unlock();
  }
  int used() { return plain_ + 1; }

 private:
  std::atomic<unsigned long> head_;
  std::atomic<T*> top_;
  Atom<unsigned> tail_;
  T slots_[8];
  M mutex_;
  int plain_;
};

template <class T, template <class> class Atom, class M>
bool Queue<T, Atom, M>::push(T v) {
  auto h = head_.load(std::memory_order_relaxed);
  if (tail_) tail_++;
  T* old = top_.load(std::memory_order_acquire);
  while (!top_.compare_exchange_weak(old, &v)) {
  }
  {
    std::lock_guard<M> guard(mutex_);
    this->plain_ = 1;
  }
  slots_[h % 8] = v;
  head_.store(v + 1);
  return true;
}

template <class T>
struct Used {
  T value = 0;
  std::atomic<T> count{0};
  void called() { count.fetch_add(1); }
  void never() { count.store(value); }
};

struct Global {
  int hits;
};

template <class T>
void touch(Global& global, T n) {
  global.hits += n;
}

void use(Used<int>& used) {
  used.called();
}
