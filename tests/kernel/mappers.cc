// A target whose threads fight over their address space: some map and unmap, some touch new pages.
//
//   mappers N      N threads of each kind until the end of input
//   mappers 0      nothing of the sort: the quiet twin
#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr size_t kBytes = 1 << 20;
constexpr size_t kPage = 4096;
std::atomic<bool> g_stop{false};

__attribute__((noinline)) void map_and_unmap() {
  while (!g_stop) {
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static_cast<char*>(memory)[0] = 1;
    munmap(memory, kBytes);
  }
}

__attribute__((noinline)) void touch_pages() {
  char* memory = static_cast<char*>(
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  while (!g_stop) {
    for (size_t at = 0; at < kBytes; at += kPage) memory[at] = 1;
    madvise(memory, kBytes, MADV_DONTNEED);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back(map_and_unmap);
    threads.emplace_back(touch_pages);
  }
  std::printf("ready %d\n", count);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
}
