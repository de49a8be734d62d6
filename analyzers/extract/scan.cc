// What are the facts of a whole program?
#include "extract/scan.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <list>
#include <set>

#include "extract/fact_cache.h"
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
  Pool(const ScanPlan& plan, const ScanProgress& progress)
      : plan_(plan),
        progress_(progress),
        cache_(plan.cache_folder, plan.root, plan.configuration) {}

  Result<std::optional<SourceFacts>> run() {
    if (auto whole = cache_.find(plan_.commands)) return std::optional(std::move(whole->facts));
    while (done_ < plan_.commands.size()) {
      TRY_VOID(fill());
      if (workers_.empty()) break;  // the cache had the rest
      wait();
      if (g_signal != 0) return std::optional<SourceFacts>();
      collect();
    }
    CachedFacts whole{merger_.finish(), {files_.begin(), files_.end()}};
    cache_.keep(plan_.commands, whole);
    cache_.prune();
    return std::optional(std::move(whole.facts));
  }

 private:
  Result<void> fill() {
    while (next_ < plan_.commands.size() && workers_.size() < std::max<size_t>(1, plan_.jobs)) {
      if (auto known = cache_.find({plan_.commands[next_]})) {
        ++next_;
        take(std::move(*known));
        continue;
      }
      auto worker = UnitWorker::start(plan_.commands[next_], plan_.root, plan_.limits);
      if (!worker.ok()) {
        // With some running there is hope that processes become free.
        if (workers_.empty()) return worker.error();
        break;
      }
      workers_.push_back({std::move(*worker), next_++});
    }
    return {};
  }

  /// Until a pipe has something, or the first deadline.
  void wait() {
    auto first = std::chrono::steady_clock::time_point::max();
    polled_.clear();
    for (const auto& [worker, command] : workers_) {
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
      UnitWorker& each = worker->first;
      const bool is_closed = polled_[index].revents != 0 && !each.read_some();
      const bool is_late = !is_closed && now >= each.deadline();
      if (is_closed || is_late) {
        SourceFacts facts = each.finish(is_late);
        CachedFacts fresh{std::move(facts), each.files_read()};
        cache_.keep({plan_.commands[worker->second]}, fresh);
        take(std::move(fresh));
        worker = workers_.erase(worker);
      } else {
        ++worker;
      }
    }
  }

  void take(CachedFacts unit) {
    files_.insert(unit.files.begin(), unit.files.end());
    const TranslationUnit& state = unit.facts.units[0];
    progress_(++done_, state, unit.facts.files[state.main_file.value]);
    merger_.add(std::move(unit.facts));
  }

  const ScanPlan& plan_;
  const ScanProgress& progress_;
  FactCache cache_;
  std::set<std::string> files_;                       // that any unit was read from
  std::list<std::pair<UnitWorker, size_t>> workers_;  // with the index of its command
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
