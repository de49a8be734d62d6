// Do hardware watchpoints tell who uses which bytes, within their budget, and leave nothing behind?
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "child.h"
#include "collect/affinity_guard.h"
#include "collect/thread_watch.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// Two threads that count up in neighbouring words, and a third that sleeps.
class Sharers {
 public:
  Sharers() : child({CONTENDED, "sharing"}) {
    pair = child.read_fact("pair");
    main = static_cast<int32_t>(child.read_fact("main"));
    for (int i = 0; i < 2; ++i) {
      const std::string line = child.read_line();
      (line.starts_with("left") ? left : right) = std::stoi(line.substr(line.find(' ')));
    }
  }

  /// As samples would show it, the wrong way round: the threads swapped.
  WatchTarget suspicion() const {
    return {.line = pair, .bytes = {{pair, 8}, {pair + 8, 8}}, .threads = {}};
  }

  Child child;
  uint64_t pair = 0;
  int32_t main = 0, left = 0, right = 0;
};

ThreadId thread_of(const Recording& recording, int32_t tid) {
  for (uint32_t i = 0; i < recording.threads.size(); ++i)
    if (recording.threads[i].tid == tid) return ThreadId{i};
  return {};
}

WatchTarget suspect(const Sharers& sharers, const Recording& recording) {
  WatchTarget target = sharers.suspicion();
  target.threads = {thread_of(recording, sharers.left), thread_of(recording, sharers.right)};
  return target;
}

/// All four debug registers of the thread, or the errno.
int take_registers(ThreadWatch& watch, int32_t tid, uint64_t address) {
  const std::vector<WatchSlot> slots = {
      {address, 8}, {address + 8, 8}, {address + 16, 8}, {address + 24, 8}};
  return watch.open(tid, slots);
}

void expect_free_registers(const Sharers& sharers) {
  for (const int32_t tid : {sharers.main, sharers.left, sharers.right}) {
    ThreadWatch watch;
    EXPECT_EQ(take_registers(watch, tid, sharers.pair), 0) << "of thread " << tid;
  }
}

TEST(Watchpoints, TellWhichThreadWritesWhichBytes) {
  const Sharers sharers;
  Recorder recorder(sharers.child.pid(), {"watchpoints"});
  const Recording& recording = recorder.recording;
  recorder.watch_targets = {suspect(sharers, recording)};
  recorder.record_for(milliseconds(1000));
  recorder.stop();

  const ThreadId left = thread_of(recording, sharers.left);
  ASSERT_EQ(recording.watch_hits.size(), 2u);
  for (const WatchHit& hit : recording.watch_hits) {
    EXPECT_EQ(hit.address, hit.thread == left ? sharers.pair : sharers.pair + 8);
    EXPECT_EQ(hit.kind, AccessKind::kReadWrite);
    EXPECT_TRUE(hit.is_locked);
    EXPECT_NE(hit.instruction, 0u);
    EXPECT_GE(hit.hits, 5u);
    EXPECT_GT(hit.span_ns, 0u);
  }
  ASSERT_EQ(recording.watched_bytes.size(), 2u);
  EXPECT_EQ(recording.watched_bytes[0].threads, 3u);  // the sleeper as well
  const Coverage& row = recorder.coverage("watchpoints");
  EXPECT_TRUE(coverage_holds(row));
  EXPECT_EQ(row.attributed, recording.watch_hits[0].hits + recording.watch_hits[1].hits);
  expect_free_registers(sharers);
}

/// "... held up the target's threads for 0.4 ms of 50 allowed ..."
double held_up_ms(const Coverage& row) {
  const std::string before = "held up the target's threads for ";
  const size_t at = row.reason.find(before);
  return at == std::string::npos ? -1 : std::stod(row.reason.substr(at + before.size()));
}

TEST(Watchpoints, KeepWithinTheirBudget) {
  const Sharers sharers;
  CollectOptions options;
  options.watch_budget = milliseconds(1);
  Recorder recorder(sharers.child.pid(), {"watchpoints"}, options);
  for (uint64_t line = 0; line < 100; ++line) {
    WatchTarget target = suspect(sharers, recorder.recording);
    for (SuspectBytes& bytes : target.bytes) bytes.size = line % 2 == 0 ? 8 : 4;
    target.bytes[0].address += line % 4 == 1 ? 4 : 0;
    recorder.watch_targets.push_back(target);
  }
  recorder.record_for(milliseconds(1500));
  recorder.stop();
  const Coverage& row = recorder.coverage("watchpoints");
  std::printf("%s\n", row.reason.c_str());
  EXPECT_GT(row.seen, 0u);
  EXPECT_GT(held_up_ms(row), 0.0);
  // The last hits of a round may come before the kernel has ended it.
  EXPECT_LE(held_up_ms(row), 1.2);
}

TEST(Watchpoints, FindNobodyAtBytesThatNobodyUses) {
  const Sharers sharers;
  Recorder recorder(sharers.child.pid(), {"watchpoints"});
  WatchTarget target = suspect(sharers, recorder.recording);
  for (SuspectBytes& bytes : target.bytes) bytes.address += 32;
  recorder.watch_targets = {target};
  recorder.record_for(milliseconds(1000));
  recorder.stop();
  EXPECT_TRUE(recorder.recording.watch_hits.empty());
  ASSERT_EQ(recorder.recording.watched_bytes.size(), 2u);
  EXPECT_GT(recorder.recording.watched_bytes[0].watched_ns, 0u);
  EXPECT_EQ(recorder.coverage("watchpoints").seen, 0u);
}

TEST(Watchpoints, LeaveTheRegistersToADebugger) {
  const Sharers sharers;
  ASSERT_EQ(::ptrace(PTRACE_SEIZE, sharers.main, nullptr, nullptr), 0);
  Recorder recorder(sharers.child.pid(), {"watchpoints"});
  recorder.watch_targets = {suspect(sharers, recorder.recording)};
  recorder.record_for(milliseconds(800));
  recorder.stop();
  const Coverage& row = recorder.coverage("watchpoints");
  EXPECT_EQ(row.seen, 0u);
  EXPECT_TRUE(recorder.recording.watched_bytes.empty());
  EXPECT_NE(row.reason.find(" traces the target"), std::string::npos) << row.reason;
}

TEST(Watchpoints, LeaveRegistersThatAreTaken) {
  const Sharers sharers;
  ThreadWatch other;
  ASSERT_EQ(take_registers(other, sharers.left, sharers.pair), 0);
  Recorder recorder(sharers.child.pid(), {"watchpoints"});
  recorder.watch_targets = {suspect(sharers, recorder.recording)};
  recorder.record_for(milliseconds(800));
  recorder.stop();
  const Coverage& row = recorder.coverage("watchpoints");
  EXPECT_NE(row.reason.find("1 threads had no free debug register"), std::string::npos)
      << row.reason;
  for (const WatchHit& hit : recorder.recording.watch_hits)
    EXPECT_EQ(hit.thread, thread_of(recorder.recording, sharers.right));
}

TEST(Watchpoints, LeaveNothingArmedWhenKilled) {
  const Sharers sharers;
  const pid_t recording_process = ::fork();
  if (recording_process == 0) {
    Recorder recorder(sharers.child.pid(), {"watchpoints"});
    recorder.watch_targets = {suspect(sharers, recorder.recording)};
    recorder.watch_targets[0].bytes = {{sharers.pair + 16, 8},
                                       {sharers.pair + 24, 8},
                                       {sharers.pair + 32, 8},
                                       {sharers.pair + 40, 8}};
    recorder.record_for(milliseconds(10'000));
    ::_exit(0);
  }
  int error = 0;
  // Watchpoints stand for 200 ms; to look is to take registers as well, so only now and then.
  for (int tries = 0; tries < 40 && error != ENOSPC; ++tries) {
    std::this_thread::sleep_for(milliseconds(50));
    ThreadWatch probe;
    error = take_registers(probe, sharers.left, sharers.pair);
  }
  EXPECT_EQ(error, ENOSPC) << "no watchpoint was seen while it stood";
  ::kill(recording_process, SIGKILL);
  ::waitpid(recording_process, nullptr, 0);
  expect_free_registers(sharers);
}

/// The CPUs that each of the two threads may use.
std::vector<int> cpu_counts(const Sharers& sharers) {
  std::vector<int> counts;
  for (const int32_t tid : {sharers.left, sharers.right}) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    EXPECT_EQ(::sched_getaffinity(tid, sizeof(cpus), &cpus), 0);
    counts.push_back(CPU_COUNT(&cpus));
  }
  return counts;
}

bool becomes(const Sharers& sharers, const std::vector<int>& wanted) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (cpu_counts(sharers) == wanted) return true;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return false;
}

TEST(AffinityProbe, PutsThreadsOnOneCpuAndBack) {
  const Sharers sharers;
  const std::vector<int> before = cpu_counts(sharers);
  if (before[0] < 2) GTEST_SKIP() << "the threads have one CPU only";
  Recorder recorder(sharers.child.pid(), {"affinity_probe"});
  recorder.watch_targets = {suspect(sharers, recorder.recording)};
  recorder.record_for(milliseconds(1100));
  EXPECT_EQ(cpu_counts(sharers), (std::vector<int>{1, 1}));
  recorder.record_for(milliseconds(250));
  EXPECT_EQ(cpu_counts(sharers), before);
  recorder.record_for(milliseconds(250));
  EXPECT_EQ(cpu_counts(sharers), (std::vector<int>{1, 1}));
  recorder.stop();
  EXPECT_EQ(cpu_counts(sharers), before);
  EXPECT_EQ(recorder.coverage("affinity_probe").attributed, 2u);
}

TEST(AffinityProbe, GivesTheCpusBackWhenKilled) {
  const Sharers sharers;
  const std::vector<int> before = cpu_counts(sharers);
  if (before[0] < 2) GTEST_SKIP() << "the threads have one CPU only";
  const pid_t recording_process = ::fork();
  if (recording_process == 0) {
    Recorder recorder(sharers.child.pid(), {"affinity_probe"});
    recorder.watch_targets = {suspect(sharers, recorder.recording)};
    recorder.record_for(milliseconds(1100));
    ::kill(::getpid(), SIGKILL);
  }
  EXPECT_TRUE(becomes(sharers, {1, 1}));
  ::waitpid(recording_process, nullptr, 0);
  EXPECT_TRUE(becomes(sharers, before));
}

TEST(AffinityProbe, LeavesAThreadWhoseCpusSomebodyElseSets) {
  const Sharers sharers;
  const std::vector<int> before = cpu_counts(sharers);
  if (before[0] < 2) GTEST_SKIP() << "the threads have one CPU only";
  AffinityGuard guard;
  ASSERT_TRUE(guard.start().ok());
  ASSERT_TRUE(guard.gather({sharers.left, sharers.right}));
  cpu_set_t second;
  CPU_ZERO(&second);
  CPU_SET(1, &second);
  ASSERT_EQ(::sched_setaffinity(sharers.left, sizeof(second), &second), 0);
  guard.restore();
  EXPECT_EQ(cpu_counts(sharers), (std::vector<int>{1, before[1]}));
  EXPECT_FALSE(guard.gather({sharers.left, 1 << 30}));
}

}  // namespace
}  // namespace quarrel
