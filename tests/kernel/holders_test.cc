// Is waiter time charged to the true holder, and is it said what that thread did?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <regex>
#include <sstream>

#include "child.h"
#include "lock_wait_decisions.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// What the target itself knows.
struct Truth {
  std::map<std::string, unsigned long> facts;              ///< addresses, and tids by name
  std::map<std::string, std::map<int32_t, double>> blame;  ///< lock -> tid -> ns
  std::map<std::string, double> waited_ns;
  std::map<std::string, std::vector<uint64_t>> waits;
};

class Scene {
 public:
  explicit Scene(const std::string& mode, const CollectOptions& options = {},
                 const std::vector<std::string>& launcher = {})
      : child_(command_for(mode, launcher)) {
    read_until("rwlock");
    // In the order of a session: who comes first makes the tables that both use.
    const pid_t target = launcher.empty() ? child_.pid() : only_child_of(child_.pid());
    Recorder recorder(target, {"lock_waits", "line_samples"}, options);
    child_.write_line();
    recorder.record_for(milliseconds(2500));
    child_.write_line();
    read_until("end");
    recorder.stop();
    recording = std::move(recorder.recording);
  }

  uint64_t address(const std::string& lock) const { return truth.facts.at(lock); }

  /// Waiter time of a lock by the tid of the holder; -1: nobody's or in a hand-off.
  std::map<int32_t, double> measured(uint64_t address) const {
    std::map<int32_t, double> by_tid;
    for (const HolderTime& time : recording.holder_times)
      if (belongs(time.address, address))
        by_tid[time.holder.is_valid() ? recording.threads[time.holder.value].ns_tid : -1] +=
            static_cast<double>(time.waiter_ns);
    for (const LockStats& stats : recording.lock_stats)
      if (belongs(stats.address, address)) by_tid[-1] += static_cast<double>(stats.handoff_ns);
    return by_tid;
  }

  double waited_ns(uint64_t address) const {
    double sum = 0;
    for (const LockWait& wait : recording.lock_waits)
      if (belongs(wait.address, address)) sum += static_cast<double>(wait.total_ns);
    return sum;
  }

  /// The share of the true blame that landed on the right thread.
  double rightly_blamed(const std::string& lock, uint64_t address) const {
    const auto by_tid = measured(address);
    double all = 0, right = 0;
    for (const auto& [tid, ns] : truth.blame.at(lock)) {
      const auto found = by_tid.find(tid);
      all += ns;
      if (found != by_tid.end()) right += std::min(ns, found->second);
    }
    print(lock, address);
    return all > 0 ? right / all : 0;
  }

  double true_blame_ns(const std::string& lock) const {
    double sum = 0;
    for (const auto& [tid, ns] : truth.blame.at(lock)) sum += ns;
    return sum;
  }

  /// Share of the waiter time that `holder` caused in `state`.
  double share_in(uint64_t address, const std::string& holder, HolderState state) const {
    double all = 0, in_state = 0;
    for (const HolderTime& time : recording.holder_times) {
      if (!belongs(time.address, address) || !is_thread(time.holder, holder)) continue;
      all += static_cast<double>(time.waiter_ns);
      if (time.state == state) in_state += static_cast<double>(time.waiter_ns);
    }
    return all > 0 ? in_state / all : 0;
  }

  bool is_thread(ThreadId thread, const std::string& name) const {
    return thread.is_valid() &&
           recording.threads[thread.value].ns_tid == static_cast<int32_t>(truth.facts.at(name));
  }

  std::string coverage_reason(const std::string& collector) const {
    for (const Coverage& row : recording.coverage)
      if (row.collector == collector) return row.reason;
    return {};
  }

  Truth truth;
  Recording recording;

 private:
  static std::vector<std::string> command_for(const std::string& mode,
                                              std::vector<std::string> launcher) {
    launcher.insert(launcher.end(), {HOLDERS, mode});
    return launcher;
  }

  static pid_t only_child_of(pid_t parent) {
    const std::string name = std::to_string(parent);
    std::ifstream children("/proc/" + name + "/task/" + name + "/children");
    pid_t child = 0;
    children >> child;
    return child;
  }

  /// The words of a rwlock stand at +8 and +12.
  static bool belongs(uint64_t word, uint64_t lock) { return word >= lock && word < lock + 16; }

  void read_until(const std::string& last) {
    for (std::string line = child_.read_line(); !line.empty(); line = child_.read_line()) {
      std::istringstream words(line);
      std::string what, lock;
      words >> what;
      if (what == "blame") {
        int32_t tid = 0;
        words >> lock >> tid >> truth.blame[lock][tid];
      } else if (what == "waited") {
        words >> lock >> truth.waited_ns[lock];
      } else if (what == "wait") {
        words >> lock;
        words >> truth.waits[lock].emplace_back();
      } else {
        words >> truth.facts[what];
      }
      if (what == last) return;
    }
  }

  void print(const std::string& lock, uint64_t address) const {
    std::printf("lock %s: waited %.1f ms, by its own account %.1f ms\n", lock.c_str(),
                waited_ns(address) / 1e6, truth.waited_ns.at(lock) / 1e6);
    for (const auto& [tid, ns] : truth.blame.at(lock))
      std::printf("  truth    %d %.1f ms\n", tid, ns / 1e6);
    for (const auto& [tid, ns] : measured(address))
      std::printf("  measured %d %.1f ms\n", tid, ns / 1e6);
  }

  Child child_;
};

constexpr double kRight = 0.97;

TEST(Holders, ASlowHolderAmongFastOnesIsBlamed) {
  const Scene scene("slow");
  const uint64_t lock = scene.address("a");
  EXPECT_GE(scene.rightly_blamed("a", lock), kRight);
  EXPECT_NEAR(scene.waited_ns(lock), scene.truth.waited_ns.at("a"), 0.02 * scene.waited_ns(lock));
}

/// The bucket that `share` of the waits end in or below.
template <class Counts>
size_t quantile_bucket(const Counts& counts, double share) {
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  double seen = 0;
  for (size_t bucket = 0; bucket < counts.size(); ++bucket) {
    seen += static_cast<double>(counts[bucket]);
    if (seen >= share * all) return bucket;
  }
  return counts.size();
}

size_t waits_in(const std::vector<uint64_t>& histogram) {
  return std::accumulate(histogram.begin(), histogram.end(), size_t{0});
}

void expect_same_quantiles(const Scene& scene) {
  std::vector<uint64_t> truth(HISTOGRAM_BUCKETS), measured(HISTOGRAM_BUCKETS);
  for (const uint64_t wait_ns : scene.truth.waits.at("a")) ++truth[histogram_bucket(wait_ns)];
  for (const LockStats& stats : scene.recording.lock_stats) {
    if (stats.address != scene.address("a")) continue;
    for (size_t i = 0; i < stats.histogram.size(); ++i) measured[i] += stats.histogram[i];
  }
  EXPECT_NEAR(static_cast<double>(waits_in(measured)), static_cast<double>(waits_in(truth)), 3.0);
  for (const double share : {0.5, 0.99}) {
    // In a gap between short and long waits one wait moves the median far; at the end of the run
    // a few may stand in one account and not in the other.
    const double other_waits = 3.0 / static_cast<double>(waits_in(truth));
    const size_t low = quantile_bucket(truth, share - other_waits);
    const size_t high = quantile_bucket(truth, std::min(1.0, share + other_waits));
    const size_t found = quantile_bucket(measured, share);
    std::printf("p%.0f of %zu and %zu waits: bucket %zu, by its own account %zu to %zu\n",
                100 * share, waits_in(measured), waits_in(truth), found, low, high);
    EXPECT_GE(found + 1, low);
    EXPECT_LE(found, high + 1);
  }
}

TEST(Holders, QuantilesOfWaitsAreThoseThatTheTargetMeasures) {
  for (const char* mode : {"slow", "sleeping", "often"}) expect_same_quantiles(Scene(mode));
}

TEST(Holders, ASlowHolderIsBlamedWhereManyWaitAndHoldersAreSampled) {
  const Scene scene("often");
  const uint64_t lock = scene.address("a");
  std::printf("%zu waits\n", scene.truth.waits.at("a").size());
  EXPECT_GE(scene.rightly_blamed("a", lock), kRight);
}

// Holders are sampled in a burst; the next thing to be seen of the lock, its release, comes later.
TEST(Holders, ASlowHolderIsBlamedWhereBurstsAndSilenceAlternate) {
  const Scene scene("bursts");
  EXPECT_GE(scene.rightly_blamed("a", scene.address("a")), kRight);
}

/// Of the waiting, where holders are followed part of the time; 100 where all of the time.
double found_percent(const std::string& reason) {
  std::smatch found;
  return std::regex_search(reason, found, std::regex("found: ([0-9]+) %")) ? std::stod(found[1])
                                                                           : 100;
}

TEST(Holders, WaitsThatFindNoRoomInTheTablesAreCountedByLock) {
  CollectOptions options;
  options.max_locks = 1;
  const Scene scene("often", options);
  const uint64_t lock = scene.address("a");
  uint64_t waits = 0, of_others = 0, in_histogram = 0;
  for (const LockWait& wait : scene.recording.lock_waits) {
    if (wait.address != lock) continue;
    waits += wait.count;
    if (!wait.waiter.is_valid()) of_others += wait.count;
  }
  for (const LockStats& stats : scene.recording.lock_stats)
    if (stats.address == lock)
      in_histogram = std::accumulate(stats.histogram.begin(), stats.histogram.end(), in_histogram);
  EXPECT_GT(of_others, 0u);
  EXPECT_NEAR(static_cast<double>(waits), static_cast<double>(in_histogram), 10.0);
  EXPECT_NEAR(scene.waited_ns(lock), scene.truth.waited_ns.at("a"), 0.05 * scene.waited_ns(lock));
  // What holders without a row did is missing, and not charged to the others.
  const std::string reason = scene.coverage_reason("sleeping_holders");
  EXPECT_NE(reason.find("are missing"), std::string::npos) << reason;
  EXPECT_NE(reason.find("left as they are"), std::string::npos) << reason;
  double charged = 0;
  for (const auto& [tid, ns] : scene.measured(lock)) charged += ns;
  EXPECT_NEAR(100 * charged / scene.waited_ns(lock), found_percent(reason), 2.0);
}

TEST(Holders, TheTableOfLocksIsAsLargeAsAsked) {
  CollectOptions options;
  options.max_locks = 1;
  const Scene scene("chain", options);
  EXPECT_EQ(scene.recording.lock_stats.size(), 1u);
  EXPECT_NE(scene.coverage_reason("lock_waits").find("no room for all lock words among 1:"),
            std::string::npos);
}

TEST(Holders, AHolderThatSleepsIsSeenAsleep) {
  const Scene scene("sleeping");
  const uint64_t lock = scene.address("a");
  EXPECT_GE(scene.rightly_blamed("a", lock), kRight);
  EXPECT_GE(scene.share_in(lock, "slow", HolderState::kBlocked), 0.9);
  const auto sees_sleep = [&](const Blame& blame) {
    return blame.state == HolderState::kBlocked && scene.is_thread(blame.holder, "slow");
  };
  EXPECT_TRUE(std::ranges::any_of(scene.recording.blames, sees_sleep));
}

TEST(Holders, APreemptedHolderIsSeenToWantACpu) {
  const Scene scene("preempted");
  const uint64_t lock = scene.address("a");
  EXPECT_GE(scene.rightly_blamed("a", lock), kRight);
  EXPECT_GE(scene.share_in(lock, "slow", HolderState::kRunnable), 0.5);
}

TEST(Holders, AChainLeadsToItsRoot) {
  const Scene scene("chain");
  for (const char* lock : {"a", "b", "c"})
    EXPECT_GE(scene.rightly_blamed(lock, scene.address(lock)), kRight) << lock;
  const uint64_t first = scene.address("a"), second = scene.address("b");
  EXPECT_GE(scene.share_in(first, "first", HolderState::kWaitingForLock), 0.8);
  for (const HolderTime& time : scene.recording.holder_times) {
    if (time.address != first || time.state != HolderState::kWaitingForLock) continue;
    EXPECT_EQ(time.next_address, second);
  }
}

// As of a container, seen from its host: lock words name owners by ids that only the target knows.
TEST(Holders, InAPidNamespaceBelowAreBlamed) {
  const Scene scene("chain", {}, {"/usr/bin/unshare", "--pid", "--fork", "--kill-child"});
  for (const char* lock : {"a", "b", "c"})
    EXPECT_GE(scene.rightly_blamed(lock, scene.address(lock)), kRight) << lock;
  EXPECT_LT(scene.truth.facts.at("root"), 100u);
}

// A thread that is preempted between its call and its sleep waits in one account only: some 4 ms of
// the 130 here, in one run of thirty. What is wrong by design is wrong each time.
TEST(Holders, AddUpToTheTimeWaitedWhereMostCallsComeTooLateToSleep) {
  constexpr int kRuns = 3;
  for (int run = 1; run <= kRuns; ++run) {
    const Scene scene("hot");
    const uint64_t lock = scene.address("a");
    uint64_t too_late = 0;
    for (const LockStats& stats : scene.recording.lock_stats) too_late += stats.not_blocked;
    EXPECT_GT(too_late, 0u);
    double charged = 0;
    for (const auto& [tid, ns] : scene.measured(lock)) charged += ns;
    const double waited = scene.waited_ns(lock);
    std::printf("%lu calls came too late; waited %.3f ms, charged %.3f ms\n", too_late,
                waited / 1e6, charged / 1e6);
    // Where holders are followed part of the time, the sums are made to agree: by how much?
    const std::string reason = scene.coverage_reason("sleeping_holders");
    EXPECT_NEAR(found_percent(reason), 100.0, 10.0) << reason;
    if (std::abs(charged - waited) <= 0.02 * waited) return;
  }
  FAIL() << "the sums differed by more than 2 % in each of " << kRuns << " runs";
}

TEST(Holders, TheSlowReaderOfARwlockIsBlamedForTheWriter) {
  const Scene scene("readers");
  const uint64_t lock = scene.address("rwlock");
  // Readers are named nowhere: the last to leave is charged with all of the wait. Where a fast one
  // is in beside the slow one at the end, that is the wrong one (docs/limits.md). Several hold it
  // at once, so that true blame adds up to more than the wait: a share of the wait is right.
  const double right = scene.rightly_blamed("a", lock) * scene.true_blame_ns("a");
  EXPECT_GE(right, 0.9 * scene.truth.waited_ns.at("a"));
  EXPECT_GE(scene.share_in(lock, "slow", HolderState::kBlocked), 0.9);
}

}  // namespace
}  // namespace quarrel
