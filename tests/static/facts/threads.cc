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
