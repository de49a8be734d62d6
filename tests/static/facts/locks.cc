// Which locks are held where?
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <vector>

class Spin {
 public:
  void lock() {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  void unlock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag flag_;
};

class Wrapped {
 public:
  void Lock() { mu_.lock(); }
  void Unlock() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class Holder {
 public:
  explicit Holder(Wrapped* lock) : lock_(lock) { lock_->Lock(); }
  ~Holder() { lock_->Unlock(); }

 private:
  Wrapped* const lock_;
};

int compute(int);

struct Queue {
  std::mutex mutex;
  std::mutex second;
  std::shared_mutex shared;
  std::condition_variable ready;
  Spin spin;
  Wrapped wrapped;
  std::vector<int> items;
  int count = 0;

  void guards() {
    count = 1;
    {
      std::lock_guard<std::mutex> guard(mutex);
      count = 2;
    }
    count = 3;
    std::scoped_lock both(mutex, second);
    count = 4;
  }
  int readers() {
    std::shared_lock lock(shared);
    return count;
  }
  void movable() {
    std::unique_lock<std::mutex> lock(mutex, std::defer_lock);
    count = 1;
    lock.lock();
    count = 2;
    ready.wait(lock, [this] { return count > 0; });
    lock.unlock();
    count = 3;
  }
  void early(bool stop) {
    mutex.lock();
    if (stop) {
      mutex.unlock();
      return;
    }
    count = compute(count);
    mutex.unlock();
    count = 0;
  }
  void tried() {
    if (!mutex.try_lock()) return;
    count++;
    mutex.unlock();
    if (second.try_lock()) {
      count--;
      second.unlock();
    } else {
      count = 9;
    }
  }
  void own_kinds() {
    spin.lock();
    count = 1;
    spin.unlock();
    Holder holder(&wrapped);
    count = 2;
    std::for_each(items.begin(), items.end(), [this](int) { count++; });
  }
};

/// Functions that return the guard of what they took.
class Account {
 public:
  void deposit() {
    auto lock = acquire();
    ++balance_;
  }
  void audit() {
    const std::unique_lock<std::mutex> lock = made(log_);
    ++entries_;
  }
  void passed_on() {
    auto lock = again();
    --balance_;
  }
  void not_locked() {
    auto lock = deferred();
    --entries_;
  }

 private:
  std::unique_lock<std::mutex> acquire() {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      ++entries_;
      lock.lock();
      balance_ += 1;
    }
    balance_ += 0;
    return lock;
  }
  static std::unique_lock<std::mutex> made(std::mutex& mutex) {
    return std::unique_lock<std::mutex>(mutex);
  }
  std::unique_lock<std::mutex> again() { return acquire(); }
  std::unique_lock<std::mutex> deferred() {
    std::unique_lock<std::mutex> lock(log_, std::defer_lock);
    return lock;
  }

  std::mutex mutex_;
  std::mutex log_;
  long balance_ = 0;
  long entries_ = 0;
};

static std::mutex s_mutex;
static int s_value;

void on_static() {
  for (int i = 0; i < 3; ++i) {
    const std::lock_guard lock(s_mutex);
    s_value++;
  }
}

void instantiate(Queue& q) {
  q.guards();
  q.readers();
}
