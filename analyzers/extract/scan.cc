// What are the facts of a whole program?
#include "extract/scan.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <list>

#include "merge/fact_merger.h"

namespace quarrel {
namespace {

volatile sig_atomic_t g_signal = 0;

/// Catches SIGINT and SIGTERM for the life of the object; poll() then returns with EINTR.
class SignalScope {
 public:
  SignalScope() {
    g_signal = 0;
    struct sigaction action{};
    action.sa_handler = [](int signal) { g_signal = signal; };
    sigaction(SIGINT, &action, &old_interrupt_);
    sigaction(SIGTERM, &action, &old_terminate_);
  }
  ~SignalScope() {
    sigaction(SIGINT, &old_interrupt_, nullptr);
    sigaction(SIGTERM, &old_terminate_, nullptr);
  }
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;

 private:
  struct sigaction old_interrupt_{};
  struct sigaction old_terminate_{};
};

class Pool {
 public:
  Pool(const ScanPlan& plan, const ScanProgress& progress) : plan_(plan), progress_(progress) {}

  Result<std::optional<SourceFacts>> run() {
    while (done_ < plan_.commands.size()) {
      TRY_VOID(fill());
      wait();
      if (g_signal != 0) return std::optional<SourceFacts>();
      collect();
    }
    return std::optional<SourceFacts>(merger_.finish());
  }

 private:
  Result<void> fill() {
    while (next_ < plan_.commands.size() && workers_.size() < std::max<size_t>(1, plan_.jobs)) {
      auto worker = UnitWorker::start(plan_.commands[next_], plan_.root, plan_.limits);
      if (!worker.ok()) {
        // With some running there is hope that processes become free.
        if (workers_.empty()) return worker.error();
        break;
      }
      workers_.push_back(std::move(*worker));
      ++next_;
    }
    return {};
  }

  /// Until a pipe has something, or the first deadline.
  void wait() {
    auto first = std::chrono::steady_clock::time_point::max();
    polled_.clear();
    for (const UnitWorker& worker : workers_) {
      polled_.push_back({.fd = worker.fd(), .events = POLLIN, .revents = 0});
      first = std::min(first, worker.deadline());
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        first - std::chrono::steady_clock::now());
    const auto bounded = std::clamp<int64_t>(left.count() + 1, 0, 1000);
    if (poll(polled_.data(), polled_.size(), static_cast<int>(bounded)) < 0)
      for (pollfd& each : polled_) each.revents = 0;
  }

  void collect() {
    const auto now = std::chrono::steady_clock::now();
    size_t index = 0;
    for (auto worker = workers_.begin(); worker != workers_.end(); ++index) {
      const bool is_closed = polled_[index].revents != 0 && !worker->read_some();
      const bool is_late = !is_closed && now >= worker->deadline();
      if (is_closed || is_late) {
        finish(worker->finish(is_late));
        worker = workers_.erase(worker);
      } else {
        ++worker;
      }
    }
  }

  void finish(const SourceFacts& unit) {
    merger_.add(unit);
    const TranslationUnit& state = unit.units[0];
    progress_(++done_, state, unit.files[state.main_file.value]);
  }

  const ScanPlan& plan_;
  const ScanProgress& progress_;
  std::list<UnitWorker> workers_;
  std::vector<pollfd> polled_;
  size_t next_ = 0;
  size_t done_ = 0;
  FactMerger merger_;
};

}  // namespace

int scan_signal() {
  return g_signal;
}

Result<std::optional<SourceFacts>> scan(const ScanPlan& plan, const ScanProgress& progress) {
  const SignalScope signals;
  return Pool(plan, progress).run();
}

}  // namespace quarrel
