// Do stacks lead through code that was made at run time, and has it a name?
//
//   generated [map]   two threads fight over a mutex; both take it in a function that code made at
//                     run time calls. With "map", /tmp/perf-PID.map names that code.
//
// Runs for two seconds.
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

std::mutex g_fought_over;

namespace {

using Clock = std::chrono::steady_clock;

void hold() {
  const std::scoped_lock lock(g_fought_over);
  const auto end = Clock::now() + std::chrono::microseconds(300);
  while (Clock::now() < end) {
  }
}

/// push rbp; mov rbp, rsp; mov rax, `callee`; call rax; pop rbp; ret
void (*make_caller_of(void (*callee)()))() {
  uint8_t code[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0,    0,    0,
                    0,    0,    0,    0,    0,    0xff, 0xd0, 0x5d, 0xc3};
  std::memcpy(code + 6, &callee, sizeof(callee));
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::memcpy(page, code, sizeof(code));
  mprotect(page, 4096, PROT_READ | PROT_EXEC);
  return reinterpret_cast<void (*)()>(page);
}

void write_map(void (*code)()) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  std::FILE* map = std::fopen(path.c_str(), "w");
  if (map == nullptr) return;
  std::fprintf(map, "%lx 12 made::caller_of_hold\n", reinterpret_cast<unsigned long>(code));
  std::fclose(map);
}

}  // namespace

int main(int argc, char**) {
  void (*const code)() = make_caller_of(hold);
  if (argc > 1) write_map(code);
  const auto end = Clock::now() + std::chrono::seconds(2);
  const auto fight = [&] {
    while (Clock::now() < end) {
      code();
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  };
  std::thread one(fight), two(fight);
  one.join();
  two.join();
}
