// A target that makes life hard for whoever is attached to it.
//
//   storms threads N    starts and ends N threads a second, each of which takes a contended mutex
//   storms crowd N      N threads that live at once and take turns at two mutexes
//   storms children     forks children that exec something else, again and again
//   storms exec         replaces itself by itself, again and again
//   storms libraries F  loads and unloads the library F, again and again
//
// Prints "ready 0"; ends at the end of its input.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

pthread_mutex_t g_mutexes[64];
std::atomic<bool> g_stop{false};

bool is_over() {
  pollfd input{0, POLLIN, 0};
  return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLIN)) != 0;
}

void take(size_t index, microseconds hold) {
  pthread_mutex_lock(&g_mutexes[index % 64]);
  std::this_thread::sleep_for(hold);
  pthread_mutex_unlock(&g_mutexes[index % 64]);
}

void* take_once(void*) {
  take(0, microseconds(1));
  return nullptr;
}

void run_threads(long per_s) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  long started = 0;
  const auto begin = Clock::now();
  while (!is_over()) {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::vector<pthread_t> batch;
    for (; started < static_cast<long>(seconds * static_cast<double>(per_s)) && batch.size() < 32;
         ++started) {
      pthread_t thread;
      if (pthread_create(&thread, &small, take_once, nullptr) == 0) batch.push_back(thread);
    }
    for (const pthread_t thread : batch) pthread_join(thread, nullptr);
    if (batch.empty()) std::this_thread::sleep_for(milliseconds(1));
  }
  std::printf("started %ld\n", started);
}

void* take_turns(void* index) {
  while (!g_stop) {
    take(reinterpret_cast<size_t>(index) % 2, microseconds(50));
    // Thousands of threads that never rest would only show who gets a CPU.
    std::this_thread::sleep_for(milliseconds(500));
  }
  return nullptr;
}

void run_crowd(size_t count) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  std::vector<pthread_t> crowd;
  for (size_t i = 0; i < count; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &small, take_turns, reinterpret_cast<void*>(i)) == 0)
      crowd.push_back(thread);
  }
  std::printf("crowd %zu\n", crowd.size());
  std::fflush(stdout);
  while (!is_over()) std::this_thread::sleep_for(milliseconds(10));
  g_stop = true;
  for (const pthread_t thread : crowd) pthread_join(thread, nullptr);
}

void run_children() {
  while (!is_over()) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", nullptr);
      _exit(127);
    }
    waitpid(child, nullptr, 0);
  }
}

void run_libraries(const char* path) {
  long loads = 0;
  while (!is_over()) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == nullptr) std::abort();
    std::thread other([] { take(1, microseconds(50)); });
    take(1, microseconds(50));
    other.join();
    dlclose(library);
    ++loads;
  }
  std::printf("loads %ld\n", loads);
}

void run_exec(char** argv) {
  std::thread other([] { take(0, microseconds(100)); });
  take(0, microseconds(100));
  other.join();
  std::this_thread::sleep_for(milliseconds(20));
  if (!is_over()) execv("/proc/self/exe", argv);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  for (pthread_mutex_t& mutex : g_mutexes) pthread_mutex_init(&mutex, nullptr);
  std::printf("ready 0\n");
  std::fflush(stdout);
  if (mode == "threads" && argc > 2) run_threads(std::atol(argv[2]));
  if (mode == "crowd" && argc > 2) run_crowd(std::strtoul(argv[2], nullptr, 10));
  if (mode == "children") run_children();
  if (mode == "exec") run_exec(argv);
  if (mode == "libraries" && argc > 2) run_libraries(argv[2]);
  return 0;
}
