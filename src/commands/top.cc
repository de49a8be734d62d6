// How does a user see what a process fights over while it runs?
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include "base/stop_signal.h"
#include "commands/command.h"
#include "commands/recording_options.h"
#include "commands/rendering.h"
#include "commands/top_screen.h"
#include "pipeline.h"
#include "report/top_view.h"

namespace quarrel {
namespace {

constexpr std::chrono::nanoseconds kDefaultInterval = std::chrono::seconds(2);
constexpr int64_t kMaxRows = 1000;

RecordingArguments g_arguments;
std::optional<std::chrono::nanoseconds> g_interval;
int64_t g_rows = 10;
bool g_plain = false;

/// The last two diagnoses, handed from the thread that makes them to the one that shows them.
class Latest {
 public:
  void put(Diagnosis diagnosis) {
    std::lock_guard guard(mutex_);
    before_ = std::move(current_);
    current_ = std::move(diagnosis);
    is_new_ = true;
  }

  /// False if there is nothing that was not taken before.
  bool take(std::optional<Diagnosis>& current, std::optional<Diagnosis>& before) {
    std::lock_guard guard(mutex_);
    if (!is_new_) return false;
    is_new_ = false;
    current = current_;
    before = before_;
    return true;
  }

 private:
  std::mutex mutex_;
  std::optional<Diagnosis> current_;
  std::optional<Diagnosis> before_;
  bool is_new_ = false;
};

const Diagnosis* pointer_to(const std::optional<Diagnosis>& diagnosis) {
  return diagnosis ? &*diagnosis : nullptr;
}

void print_log(Latest& latest) {
  std::optional<Diagnosis> current;
  std::optional<Diagnosis> before;
  if (!latest.take(current, before)) return;
  const std::string text = top_log(*current, pointer_to(before), size_t(g_rows));
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void show_plain(Latest& latest, const std::atomic<bool>& is_over) {
  while (!is_over) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    print_log(latest);
  }
  print_log(latest);
}

void show_screen(Latest& latest, const std::atomic<bool>& is_over) {
  TopScreen screen;
  std::optional<Diagnosis> current;
  std::optional<Diagnosis> before;
  while (!is_over && stop_requests() == 0) {
    if (!screen.is_paused()) latest.take(current, before);
    screen.draw(pointer_to(current), pointer_to(before));
    if (!screen.handle_key()) return;
  }
}

int run(const std::vector<std::string>&) {
  auto record_options = to_record_options(g_arguments, {});
  if (!record_options) return fail("top", record_options.error().message);
  if (g_rows < 1 || g_rows > kMaxRows)
    return fail("top", fmt::format("--rows takes a number from 1 to {}, not {}", kMaxRows, g_rows));
  WatchOptions options;
  options.pid = record_options->pid;
  options.session = record_options->session;
  options.interval = g_interval.value_or(kDefaultInterval);
  catch_stop_signals();

  Latest latest;
  std::atomic<bool> is_over = false;
  std::atomic<bool> has_quit = false;
  Result<void> outcome;
  std::thread watcher([&] {
    outcome = watch(
        options, [&](Diagnosis diagnosis) { latest.put(std::move(diagnosis)); },
        [&] { return has_quit || stop_requests() > 0; });
    is_over = true;
  });
  if (!g_plain && isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1)
    show_screen(latest, is_over);
  else
    show_plain(latest, is_over);
  has_quit = true;
  watcher.join();
  if (!outcome) return fail("top", outcome.error().message);
  return stop_signal() != 0 ? 128 + stop_signal() : kExitClean;
}

std::vector<Option> option_list() {
  std::vector<Option> options = {
      {"-p,--pid", "PID", "the process to watch", &g_arguments.pid, true},
      {"-i,--interval", "TIME", "between two pictures, at least 1s (default: 2s)", &g_interval},
      {"-n,--rows", "N", "rows of each kind where stdout is no terminal (default: 10)", &g_rows},
      {"--plain", "", "print lines also where stdout is a terminal", &g_plain},
  };
  for (Option& option : recording_option_list(g_arguments))
    if (option.names != "--force" && option.names != "-o,--output")
      options.push_back(std::move(option));
  return options;
}

const Registration<Command> kTop{{
    "top",
    {.name = "top",
     .summary = "Watch the locks, lines and threads of a process while it runs",
     .details = "Examples:\n  quarrel top -p 1234\n  quarrel top -p 1234 -d 1m -i 5s > log\n\n"
                "Costs are thread-milliseconds lost per second: 'now' since the picture before,\n"
                "'overall' since the start (which is made anew every 5 minutes). Keys: 1, 2, 3\n"
                "or tab: locks, lines, threads; space: pause; q: quit. Where stdout is no\n"
                "terminal, lines are printed instead. Nothing is kept: 'quarrel record' does.\n"
                "Exit: 0, 2 error, 128+signal.",
     .options = option_list()},
    run,
}};

}  // namespace
}  // namespace quarrel
