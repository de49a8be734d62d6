// Runs one pattern of sharing; says first what is true of it, and last how fast each thread was.
//
//   lines_patterns list
//   lines_patterns PATTERN [--padded] [--busy] [SECONDS]
//
// Threads work in bursts of 4 to 20 ms with pauses of up to 6 ms, so that each of them also runs
// while the other does not; --busy leaves the pauses out.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <thread>

#include "pattern.h"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr long kBatch = 499;
constexpr auto kTurn = 250ms;

/// Shared by all processes of the run.
struct Board {
  struct Entry {
    std::atomic<int> tid{0};
    int pid = 0;
    long iterations = 0;
    double cpu_ns = 0;
    char name[16] = {};
  };
  std::atomic<bool> go{false};
  Entry entries[16];
};

struct Options {
  std::string pattern;
  bool is_padded = false;
  bool is_busy = false;
  double seconds = 3;
};

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

/// Sleeps until the turn of thread `index` of `count` begins, if it is not its turn.
void await_turn(Clock::time_point start, size_t index, size_t count) {
  for (;;) {
    const auto passed = Clock::now() - start;
    const auto turn = passed / kTurn;
    // The last 5 ms of a turn belong to nobody, so that two turns never overlap.
    const bool is_own = size_t(turn) % count == index && passed % kTurn < kTurn - 5ms;
    if (is_own) return;
    std::this_thread::sleep_until(start + (turn + 1) * kTurn);
  }
}

class Worker {
 public:
  Worker(const Pattern& pattern, size_t index, Board& board, double seconds)
      : pattern_(pattern),
        role_(pattern.roles[index]),
        index_(index),
        board_(board),
        seconds_(seconds),
        random_(unsigned(index) + 1) {}

  void run() {
    Board::Entry& entry = board_.entries[index_];
    role_.name.copy(entry.name, sizeof(entry.name) - 1);
    pthread_setname_np(pthread_self(), entry.name);
    entry.pid = getpid();
    entry.tid = int(syscall(SYS_gettid));
    while (!board_.go) std::this_thread::sleep_for(1ms);
    const double cpu_before = cpu_ns();
    entry.iterations = work();
    entry.cpu_ns = cpu_ns() - cpu_before;
  }

 private:
  long work() {
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration<double>(seconds_);
    long iterations = 0;
    for (auto burst_end = start + burst();; iterations += kBatch) {
      const auto now = Clock::now();
      if (now >= end) return iterations;
      if (pattern_.takes_turns) {
        await_turn(start, index_, pattern_.roles.size());
      } else if (pattern_.pause > 0ns && now >= burst_end) {
        std::this_thread::sleep_for(between(pattern_.pause / 6, pattern_.pause));
        burst_end = Clock::now() + burst();
      }
      role_.batch(kBatch);
    }
  }

  std::chrono::nanoseconds burst() { return between(4ms, 20ms); }

  std::chrono::nanoseconds between(std::chrono::nanoseconds low, std::chrono::nanoseconds high) {
    return std::chrono::nanoseconds(
        std::uniform_int_distribution<long>(low.count(), high.count())(random_));
  }

  const Pattern& pattern_;
  const Role& role_;
  size_t index_;
  Board& board_;
  double seconds_;
  std::minstd_rand random_;
};

const char* name_of(Truth truth) {
  switch (truth) {
    case Truth::kNothing:
      return "none";
    case Truth::kFalseSharing:
      return "false";
    case Truth::kTrueSharing:
      return "true";
  }
  return "";
}

/// In JSON.
const char* harm_of(const PatternInfo& info) {
  if (!info.is_harmful) return "null";
  return *info.is_harmful ? "true" : "false";
}

void print_truth(const PatternInfo& info, const Pattern& pattern, const Board& board) {
  std::printf("{\"truth\": \"%s\", \"harmful\": %s, \"pid\": %d, \"accesses\": [",
              name_of(info.truth), harm_of(info), int(getpid()));
  const char* separator = "";
  for (size_t i = 0; i < pattern.roles.size(); ++i) {
    for (const Access& access : pattern.roles[i].accesses) {
      std::printf(
          "%s\n {\"thread\": \"%s\", \"pid\": %d, \"tid\": %d, \"address\": %lu, \"size\": %zu, "
          "\"kind\": \"%s\", \"marker\": \"%s\", \"elements\": %zu, \"stride\": %zu}",
          separator, board.entries[i].name, board.entries[i].pid, board.entries[i].tid.load(),
          reinterpret_cast<uintptr_t>(access.address), access.size, access.kind.c_str(),
          access.marker.c_str(), access.elements, access.stride);
      separator = ",";
    }
  }
  std::printf("]}\n");
  std::fflush(stdout);
}

void print_speed(const Pattern& pattern, const Board& board) {
  std::printf("{\"ns_per_iteration\": {");
  for (size_t i = 0; i < pattern.roles.size(); ++i) {
    const Board::Entry& entry = board.entries[i];
    std::printf("%s\"%s\": %.3f", i == 0 ? "" : ", ", entry.name,
                entry.cpu_ns / double(std::max(entry.iterations, 1L)));
  }
  std::printf("}}\n");
}

void run(const PatternInfo& info, const Options& options) {
  auto* board =
      new (mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
          Board;
  Pattern pattern = options.is_padded ? info.make_padded() : info.make();
  if (options.is_busy) pattern.pause = 0ns;
  const size_t own = pattern.roles.size() - (pattern.is_process_pair ? 1 : 0);
  const auto work = [&](size_t index) { Worker(pattern, index, *board, options.seconds).run(); };
  pid_t child = 0;
  if (pattern.is_process_pair && (child = fork()) == 0) {
    work(own);
    _exit(0);
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < own; ++i) threads.emplace_back(work, i);
  for (size_t i = 0; i < pattern.roles.size(); ++i)
    while (board->entries[i].tid == 0) std::this_thread::sleep_for(1ms);
  print_truth(info, pattern, *board);
  board->go = true;
  for (std::thread& thread : threads) thread.join();
  if (child > 0) waitpid(child, nullptr, 0);
  print_speed(pattern, *board);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--padded")
      options.is_padded = true;
    else if (argument == "--busy")
      options.is_busy = true;
    else if (options.pattern.empty())
      options.pattern = argument;
    else
      options.seconds = std::atof(argv[i]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.pattern == "list") {
    for (const auto& [name, info] : all_patterns())
      std::printf("%s %s\n", name.c_str(), info.make_padded ? "twin" : "control");
    return 0;
  }
  const auto info = all_patterns().find(options.pattern);
  if (info == all_patterns().end() || (options.is_padded && !info->second.make_padded)) {
    std::fprintf(stderr, "no such pattern; see lines_patterns list\n");
    return 2;
  }
  run(info->second, options);
}
