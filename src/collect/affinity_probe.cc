// Is a cache line cheaper while the threads that share it cannot run at the same time?
//
// Whether sharing does harm shows in samples with and without another thread beside. Threads that
// always run side by side yield no sample without: on request, those of the suspected lines are put
// on one CPU for a quarter of a second at a time, and back. They lose that time to each other.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "collect/affinity_guard.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/progress.h"

namespace quarrel {
namespace {

constexpr uint64_t kFirstLookNs = 1'000'000'000;
constexpr uint64_t kWindowNs = 250'000'000;
constexpr uint64_t kMaxWindows = 8;
constexpr size_t kMaxThreads = 64;

class AffinityProbe final : public Collector {
 public:
  Result<void> start(const CollectOptions&, CollectServices services) override {
    services_ = std::move(services);
    return guard_.start();
  }
  void begin(uint64_t now_ns) override {
    progress_ = std::make_unique<ProgressMeter>(services_.target->pid);
    next_turn_ns_ = now_ns + kFirstLookNs;
  }
  void end(uint64_t) override {
    end_window();
    scatter();
    next_turn_ns_ = UINT64_MAX;
  }
  void poll() override;
  void stop() override { checkpoint(); }
  void checkpoint() override;

 private:
  void end_window();
  std::vector<int32_t> threads_of_suspects() const;
  void gather();
  void scatter();

  CollectServices services_;
  AffinityGuard guard_;
  std::unique_ptr<ProgressMeter> progress_;
  std::vector<WatchTarget> suspects_;
  uint64_t next_turn_ns_ = UINT64_MAX;
  uint64_t gathered_at_ns_ = 0;  // 0: everybody is where it was
  uint64_t gathered_ns_ = 0;     // in all
  uint64_t windows_ = 0;
  uint64_t refused_ = 0;
  size_t most_threads_ = 0;
};

void AffinityProbe::poll() {
  const uint64_t now = monotonic_ns();
  if (now < next_turn_ns_) return;
  next_turn_ns_ = now + kWindowNs;
  end_window();
  if (gathered_at_ns_ == 0 && windows_ + refused_ >= kMaxWindows) return;
  if (gathered_at_ns_ != 0) {
    scatter();
  } else {
    suspects_ = services_.watch_targets();  // for this window and the one after it
    gather();
  }
  progress_->begin(suspects_, *services_.recording);
}

void AffinityProbe::end_window() {
  if (progress_ == nullptr) return;
  for (const ProgressWindow& row : progress_->end(gathered_at_ns_ != 0, *services_.recording))
    services_.recording->progress_windows.push_back(row);
}

std::vector<int32_t> AffinityProbe::threads_of_suspects() const {
  std::set<int32_t> tids;
  for (const WatchTarget& target : suspects_)
    for (const ThreadId thread : target.threads)
      if (tids.size() < kMaxThreads) tids.insert(services_.recording->threads[thread.value].tid);
  return {tids.begin(), tids.end()};
}

void AffinityProbe::gather() {
  const std::vector<int32_t> tids = threads_of_suspects();
  if (tids.empty()) return;
  if (!guard_.gather(tids)) {
    ++refused_;
    return;
  }
  ++windows_;
  most_threads_ = std::max(most_threads_, tids.size());
  gathered_at_ns_ = monotonic_ns();
}

void AffinityProbe::scatter() {
  if (gathered_at_ns_ == 0) return;
  guard_.restore();
  gathered_ns_ += monotonic_ns() - gathered_at_ns_;
  gathered_at_ns_ = 0;
}

void AffinityProbe::checkpoint() {
  Coverage& row = coverage_row(*services_.recording, "affinity_probe", "windows on one CPU");
  row.state = CollectorState::kOn;
  row.seen = windows_ + refused_;
  row.attributed = windows_;
  row.unresolved = refused_;
  row.reason = fmt::format("{} threads of suspected lines shared one CPU for {:.0f} ms in all",
                           most_threads_, static_cast<double>(gathered_ns_) / 1e6);
  if (refused_ > 0)
    add_reason(row, "threads that are gone, or may not run on one common CPU, were left alone");
}

const Registration<CollectorInfo> kAffinityProbe{
    {.name = "affinity_probe",
     .summary =
         "harm of lines whose threads always run side by side (on request: --probe-affinity)",
     .probe = [] { return Availability{CollectorState::kOn, "", ""}; },
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<AffinityProbe>()); },
     .is_opt_in = true}};

}  // namespace
}  // namespace quarrel
