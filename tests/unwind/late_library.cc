// Opens a library when a line of input says so, then waits for a mutex below it, again and again.
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace {

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void* hold_again_and_again(void*) {
  while (true) {
    pthread_mutex_lock(&mutex);
    usleep(3000);
    pthread_mutex_unlock(&mutex);
    usleep(500);
  }
}

void wait_once() {
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  asm volatile("");
}

}  // namespace

int main(int, char** arguments) {
  std::puts("ready");
  std::fflush(stdout);
  if (std::getchar() == EOF) return 0;
  void* library = dlopen((std::string(arguments[0]) + ".plugin.so").c_str(), RTLD_NOW);
  if (library == nullptr) return 1;
  using Function = void (*)(void (*)());
  const auto call_back = reinterpret_cast<Function>(dlsym(library, "call_back"));
  pthread_t holder;
  pthread_create(&holder, nullptr, hold_again_and_again, nullptr);
  alarm(30);
  while (true) call_back(wait_once);
}
