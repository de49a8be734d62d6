// Which functions do threads run, and what do they share?
#include <pthread.h>

#include <functional>
#include <future>
#include <thread>
#include <vector>

struct Base {
  virtual ~Base() = default;
  virtual void step() = 0;
};

struct Worker : Base {
  int done = 0;
  void step() override { done++; }
  void run() { step(); }
  void operator()() { run(); }
};

template <class F>
void call(F f) {
  f();
}

void plain_entry(int* n) {
  ++*n;
}
void* c_entry(void* argument) {
  return argument;
}

class ThreadPool {
 public:
  template <class F>
  void submit(F f);
};
class Thread {
 public:
  virtual ~Thread() = default;
  void start();

 protected:
  virtual void run() = 0;
};
class Poller : public Thread {
  int polls_ = 0;
  void run() override { polls_++; }
};
struct Job {
  int steps = 0;
};
void* do_job(void* argument) {
  static_cast<Job*>(argument)->steps++;
  return nullptr;
}
void start_worker(void* (*entry)(void*), void* argument) {
  pthread_t thread;
  pthread_create(&thread, nullptr, entry, argument);
}
template <class F>
void in_thread(F f) {
  std::thread(f).detach();
}
int platform_thread_create(void** thread, void (*entry)(int*), int* argument);

struct Server {
  ThreadPool pool;
  Job jobs[4];
  int served = 0;
  std::vector<std::thread> threads;
  void serve() { served++; }
  void start(int n) {
    pool.submit([this] { serve(); });
    threads.emplace_back(&Server::serve, this);
    for (int i = 0; i < n; ++i) start_worker(do_job, &jobs[i]);
    in_thread([&] { served = 1; });
    void* handle = nullptr;
    platform_thread_create(&handle, [](int* n) { ++*n; }, &served);
  }
};

int main() {
  int shared = 0, copied = 0, own = 0;
  Worker worker;
  std::thread first(&Worker::run, &worker);
  std::thread second(plain_entry, &shared);
  auto body = [&shared, copied] {
    shared += copied;
    call([&] { shared = 1; });
  };
  std::vector<std::thread> pool;
  for (int i = 0; i < 4; ++i) pool.emplace_back(body);
  for (int i = 0; i < 4; ++i) pool.push_back(std::thread([&worker] { worker.done = 2; }));
  std::jthread third{Worker()};
  auto later = std::async(std::launch::async, [] { return 1; });
  pthread_t thread;
  pthread_create(&thread, nullptr, c_entry, nullptr);
  own++;
  first.join();
  std::thread moved = std::move(second);
  for (auto& each : pool) each.join();
  return own;
}
