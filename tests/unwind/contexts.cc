// A thread for each way in which code comes to wait, or to compute, with its callers on the stack.
//
// Waits (default): every thread ends up in a futex, "NAME TID" is printed for each, then "ready".
// With QUARREL_CONTEXTS=compute every thread computes for ever instead, and with =contend they all
// take one mutex again and again, and keep it for a moment.
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <coroutine>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#define NOINLINE __attribute__((noinline))
// Keeps a call from becoming a jump.
#define AFTER_CALL asm volatile("")

namespace {

std::mutex gate;
std::shared_mutex written;
bool computes = false;
bool contends = false;
volatile unsigned sink = 0;

NOINLINE void wait_here() {
  gate.lock();
  gate.unlock();
  AFTER_CALL;
}

NOINLINE unsigned compute_here() {
  char text[64];
  unsigned sum = 0;
  for (unsigned i = 0; i < 20; ++i) {
    std::snprintf(text, sizeof text, "%u:%g", i, std::sin(double(i + sink)));
    std::string copy(text);
    sum += unsigned(std::strlen(text)) + unsigned(copy.find(':'));
    void* block = std::malloc(i * 40 + 8);
    std::memset(block, int(i), i * 40 + 8);
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    sum += unsigned(now.tv_nsec) + static_cast<unsigned char*>(block)[i];
    std::free(block);
  }
  sink = sum;
  return sum;
}

NOINLINE void contend_here() {
  gate.lock();
  usleep(200);
  gate.unlock();
  AFTER_CALL;
}

NOINLINE void act() {
  if (computes)
    compute_here();
  else if (contends)
    contend_here();
  else
    wait_here();
  AFTER_CALL;
}

NOINLINE void plain() {
  act();
  AFTER_CALL;
}

NOINLINE void recursion(int depth) {
  if (depth > 0)
    recursion(depth - 1);
  else
    act();
  AFTER_CALL;
}

NOINLINE void realigned(int size) {
  alignas(64) char buffer[128];
  char* more = static_cast<char*>(alloca(size_t(size) * 8 + 8));
  std::memset(buffer, size, sizeof buffer);
  std::memset(more, size, size_t(size));
  asm volatile("" ::"r"(more), "r"(buffer) : "memory");
  act();
  asm volatile("" ::"r"(more), "r"(buffer) : "memory");
}

[[noreturn]] NOINLINE void never_returns() {
  while (true) act();
}

NOINLINE void calls_noreturn() {
  never_returns();
}

int compare(const void* a, const void* b) {
  act();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

NOINLINE void qsort_callback() {
  int numbers[4] = {3, 1, 2, 0};
  std::qsort(numbers, 4, sizeof(int), compare);
  AFTER_CALL;
}

void on_signal(int) {
  act();
}

NOINLINE void signal_raised() {
  std::raise(SIGUSR1);
  AFTER_CALL;
}

void on_fault(int, siginfo_t*, void* context) {
  act();
  // Behind the two bytes of `ud2`.
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
}

// A signal in the middle of a leaf function: nothing was called there.
NOINLINE void signal_fault() {
  asm volatile("ud2");
  AFTER_CALL;
}

struct ActsWhenDestroyed {
  NOINLINE ~ActsWhenDestroyed() {
    act();
    AFTER_CALL;
  }
};

NOINLINE void throws() {
  throw 1;
}

NOINLINE void destructor_while_unwinding() {
  try {
    ActsWhenDestroyed object;
    throws();
  } catch (int) {
    AFTER_CALL;
  }
}

NOINLINE void catch_block() {
  try {
    throws();
  } catch (int) {
    act();
    AFTER_CALL;
  }
}

struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Task coroutine_body(int rounds) {
  for (int i = 0; i < rounds; ++i) co_await std::suspend_always{};
  act();
  AFTER_CALL;
}

NOINLINE void resume_once(Task& task) {
  task.handle.resume();
  AFTER_CALL;
}

// The stack of a resumed coroutine goes to the one who resumed it, not to its creator.
NOINLINE void coroutine() {
  Task task = coroutine_body(3);
  while (!task.handle.done()) resume_once(task);
  task.handle.destroy();
  AFTER_CALL;
}

NOINLINE void std_function() {
  std::function<void()> function = act;
  function();
  AFTER_CALL;
}

NOINLINE void call_once() {
  std::once_flag flag;
  std::call_once(flag, [] { act(); });
  AFTER_CALL;
}

NOINLINE void sorted() {
  std::vector<std::string> words;
  for (int i = 0; i < 40; ++i) words.push_back(std::to_string(i * 7919 % 41));
  std::sort(words.begin(), words.end(), [](const std::string& a, const std::string& b) {
    act();
    return a < b;
  });
  AFTER_CALL;
}

NOINLINE int many_arguments(int a, int b, int c, int d, int e, int f, int g, int h, int i) {
  act();
  return a + b + c + d + e + f + g + h + i;
}

NOINLINE void stack_arguments() {
  sink = unsigned(many_arguments(1, 2, 3, 4, 5, 6, 7, 8, int(sink)));
  AFTER_CALL;
}

void* plugin = nullptr;

NOINLINE void opened_library() {
  if (plugin == nullptr) return act();
  using Function = void (*)(void (*)());
  reinterpret_cast<Function>(dlsym(plugin, "call_back"))(act);
  AFTER_CALL;
}

// Waits only.
NOINLINE void semaphore() {
  sem_t never;
  sem_init(&never, 0, 0);
  sem_wait(&never);
  AFTER_CALL;
}

NOINLINE void condition_variable() {
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock(mutex);
  condition.wait(lock, [] { return false; });
  AFTER_CALL;
}

NOINLINE void read_lock() {
  written.lock_shared();
  AFTER_CALL;
}

NOINLINE void future() {
  std::promise<int> promise;
  promise.get_future().wait();
  AFTER_CALL;
}

NOINLINE void atomic_wait() {
  std::atomic<int> word = 0;
  word.wait(0);
  AFTER_CALL;
}

NOINLINE void join() {
  std::thread([] { act(); }).join();
  AFTER_CALL;
}

NOINLINE void thread_exit() {
  thread_local ActsWhenDestroyed object;
  asm volatile("" ::"r"(&object) : "memory");
}

struct Context {
  const char* name;
  std::function<void()> run;
};

std::vector<Context> contexts() {
  std::vector<Context> list = {
      {"plain", plain},
      {"recursion", [] { recursion(200); }},
      {"realigned", [] { realigned(5); }},
      {"noreturn", calls_noreturn},
      {"qsort_callback", qsort_callback},
      {"signal_raised", signal_raised},
      {"signal_fault", signal_fault},
      {"destructor", destructor_while_unwinding},
      {"catch_block", catch_block},
      {"coroutine", coroutine},
      {"std_function", std_function},
      {"call_once", call_once},
      {"sorted", sorted},
      {"stack_arguments", stack_arguments},
      {"opened_library", opened_library},
  };
  if (computes || contends) return list;
  for (const Context& waits : std::vector<Context>{{"semaphore", semaphore},
                                                   {"condition_variable", condition_variable},
                                                   {"read_lock", read_lock},
                                                   {"future", future},
                                                   {"atomic_wait", atomic_wait},
                                                   {"join", join},
                                                   {"thread_exit", thread_exit}})
    list.push_back(waits);
  return list;
}

void run_in_thread(const Context& context, std::atomic<int>& started) {
  std::printf("%s %ld\n", context.name, syscall(SYS_gettid));
  ++started;
  do {
    context.run();
    AFTER_CALL;
  } while (computes || contends);
}

void open_plugin(const char* program) {
  const std::string path = std::string(program) + ".plugin.so";
  plugin = dlopen(path.c_str(), RTLD_NOW);
}

}  // namespace

int main(int, char** arguments) {
  const char* mode = std::getenv("QUARREL_CONTEXTS");
  computes = mode != nullptr && std::strcmp(mode, "compute") == 0;
  contends = mode != nullptr && std::strcmp(mode, "contend") == 0;
  signal(SIGUSR1, on_signal);
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGILL, &action, nullptr);
  open_plugin(arguments[0]);
  if (!contends) gate.lock();
  written.lock();
  std::atomic<int> started = 0;
  const std::vector<Context> list = contexts();
  std::vector<std::thread> threads;
  for (const Context& context : list)
    threads.emplace_back([&] { run_in_thread(context, started); });
  while (started.load() < int(list.size())) usleep(1000);
  usleep(computes || contends ? 10'000 : 200'000);
  std::puts("ready");
  std::fflush(stdout);
  char end = 0;
  while (read(0, &end, 1) > 0) {
  }
  _exit(0);
}
