// Do the collectors see on this kernel what a target with known contention does?
#include <gtest/gtest.h>

#include <algorithm>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

uint64_t waits_for(const Recording& recording, uint64_t address) {
  uint64_t count = 0;
  for (const LockWait& wait : recording.lock_waits)
    if (wait.address == address) count += wait.count;
  return count;
}

void expect_coverage_law(const Recording& recording) {
  for (const Coverage& row : recording.coverage)
    EXPECT_TRUE(coverage_holds(row))
        << row.collector << ": seen " << row.seen << ", attributed " << row.attributed
        << ", unresolved " << row.unresolved << ", lost " << lost_total(row);
}

TEST(LockWaits, CountsExactlyTheWaitsThatWereMade) {
  Child child({CONTENDED, "exact", "101"});
  const uint64_t mutex = child.read_fact("mutex");
  Recorder recorder(child.pid(), {"lock_waits"});
  child.write_line();
  recorder.record_for(milliseconds(400));
  const uint64_t waited_ns = child.read_fact("waited_ns");
  recorder.stop();

  EXPECT_EQ(waits_for(recorder.recording, mutex), 101u);
  uint64_t total_ns = 0;
  for (const LockWait& wait : recorder.recording.lock_waits)
    if (wait.address == mutex) total_ns += wait.total_ns;
  EXPECT_NEAR(static_cast<double>(total_ns), static_cast<double>(waited_ns), 0.02 * waited_ns);
  expect_coverage_law(recorder.recording);
}

TEST(LockWaits, NamesTheOwnerOfTheLockAndTheSignatureOfAMutex) {
  Child child({CONTENDED, "forever"});
  const uint64_t mutex = child.read_fact("mutex");
  const auto holder = static_cast<int32_t>(child.read_fact("holder"));
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(500));
  recorder.stop();

  const Recording& recording = recorder.recording;
  uint64_t all_ns = 0, by_holder_ns = 0;
  for (const LockWait& wait : recording.lock_waits) {
    if (wait.address != mutex) continue;
    EXPECT_EQ(wait.signature.operation, 0);
    EXPECT_TRUE(wait.signature.is_private);
    EXPECT_EQ(wait.signature.value_class, 2);
    all_ns += wait.total_ns;
    if (wait.owner.is_valid() && recording.threads[wait.owner.value].tid == holder)
      by_holder_ns += wait.total_ns;
  }
  EXPECT_GT(by_holder_ns, 0u);
  EXPECT_GT(by_holder_ns * 2, all_ns);
  expect_coverage_law(recording);
}

TEST(LockWaits, WeightsOfCapturesAddUpToTheExactTotal) {
  Child child({CONTENDED, "forever"});
  const uint64_t mutex = child.read_fact("mutex");
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(500));
  recorder.stop();

  uint64_t exact_ns = 0, estimated_ns = 0;
  for (const LockWait& wait : recorder.recording.lock_waits)
    if (wait.address == mutex) exact_ns += wait.total_ns;
  for (const WaitStack& stack : recorder.recording.wait_stacks)
    if (stack.address == mutex) estimated_ns += stack.weight_ns;
  EXPECT_GT(exact_ns, 0u);
  EXPECT_NEAR(static_cast<double>(estimated_ns), static_cast<double>(exact_ns), 0.1 * exact_ns);
}

TEST(LockWaits, CapturesTheRegistersAndStackOfTheWaiter) {
  Child child({CONTENDED, "forever"});
  child.read_fact("mutex");
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(300));
  recorder.stop();

  ASSERT_FALSE(recorder.captures.empty());
  for (const Capture& capture : recorder.captures) {
    EXPECT_EQ(capture.stack_start, capture.registers[kRsp] - 128);
    EXPECT_GT(capture.bytes.size(), 128u);
    const bool is_in_a_module =
        std::any_of(recorder.recording.mappings.begin(), recorder.recording.mappings.end(),
                    [&](const Mapping& mapping) {
                      return mapping.is_executable && mapping.start <= capture.registers[kRip] &&
                             capture.registers[kRip] < mapping.end;
                    });
    EXPECT_TRUE(is_in_a_module);
  }
  EXPECT_FALSE(recorder.recording.exemplars.empty());
}

TEST(LockWaits, SeesAThreadThatWasBornAfterTheAttach) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  Recorder recorder(child.pid(), {"lock_waits"});
  const size_t known = recorder.recording.threads.size();
  child.write_line();
  recorder.record_for(milliseconds(300));
  recorder.stop();

  const Recording& recording = recorder.recording;
  const auto is_new = [&](const LockWait& wait) {
    return wait.count > 0 &&
           recording.threads[wait.waiter.value].tid > recording.threads[known - 1].tid;
  };
  EXPECT_TRUE(std::any_of(recording.lock_waits.begin(), recording.lock_waits.end(), is_new));
}

TEST(LockWaits, HoldsTheCoverageLawAtACheckpointWhileRunning) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  Recorder recorder(child.pid(), {"lock_waits", "line_samples"});
  recorder.record_for(milliseconds(200));
  recorder.checkpoint();
  expect_coverage_law(recorder.recording);
  EXPECT_FALSE(recorder.recording.lock_waits.empty());
  recorder.stop();
}

TEST(LockWaits, ComesBackWhenUnwindingDoesNotKeepUp) {
  Child child({CONTENDED, "forever"});
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.unwinding_takes = milliseconds(20);
  const auto start = std::chrono::steady_clock::now();
  recorder.record_for(milliseconds(1000));
  // Every poll may overrun by one turn and one stack; without a limit it would never end.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  recorder.unwinding_takes = milliseconds(0);
  recorder.stop();
  expect_coverage_law(recorder.recording);
}

TEST(LockWaits, StaysSilentOnATargetWithoutContention) {
  Child child({CONTENDED, "sharing"});
  const uint64_t mutex = child.read_fact("mutex");
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(200));
  recorder.stop();
  EXPECT_EQ(waits_for(recorder.recording, mutex), 0u);
}

void expect_peers(const std::vector<std::string>& collectors) {
  Child child({CONTENDED, "sharing"});
  child.read_fact("main");
  Recorder recorder(child.pid(), collectors);
  const Recording& recording = recorder.recording;
  const auto with_peer = [&] {
    return std::count_if(recording.line_samples.begin(), recording.line_samples.end(),
                         [](const LineSample& sample) { return !sample.peers.empty(); });
  };
  recorder.record_until([&] { return with_peer() > 20; });
  recorder.stop();

  EXPECT_GT(with_peer(), 20);
  EXPECT_GT(recording.run.sample_period_ns, 0u);
  for (const LineSample& sample : recording.line_samples)
    EXPECT_EQ(std::count(sample.peers.begin(), sample.peers.end(), sample.thread), 0);
  expect_coverage_law(recording);
}

TEST(LineSamples, SamplesBothThreadsBesideEachOther) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "two threads need two CPUs";
  expect_peers({"line_samples"});
}

TEST(LineSamples, SamplesThemToWhereLockWaitsFollowsTheSwitches) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "two threads need two CPUs";
  expect_peers({"lock_waits", "line_samples"});
}

TEST(LineSamples, BlamesTheHolderWhileOthersWait) {
  Child child({CONTENDED, "forever"});
  const uint64_t mutex = child.read_fact("mutex");
  const auto holder = static_cast<int32_t>(child.read_fact("holder"));
  Recorder recorder(child.pid(), {"lock_waits", "line_samples"});
  const Recording& recording = recorder.recording;
  recorder.record_until([&] {
    recorder.checkpoint();
    return recording.blames.size() > 20;
  });
  recorder.stop();

  uint64_t all_ns = 0, holder_ns = 0;
  for (const Blame& blame : recording.blames) {
    EXPECT_EQ(blame.address, mutex);
    all_ns += blame.waiter_ns;
    if (recording.threads[blame.holder.value].tid == holder) holder_ns += blame.waiter_ns;
  }
  EXPECT_GT(holder_ns, 0u);
  EXPECT_GT(holder_ns * 10, all_ns * 9);
  expect_coverage_law(recording);
}

TEST(LineSamples, BlamesNobodyWhereNobodyWaits) {
  Child child({CONTENDED, "sharing"});
  child.read_fact("main");
  Recorder recorder(child.pid(), {"lock_waits", "line_samples"});
  recorder.record_for(milliseconds(300));
  recorder.stop();
  EXPECT_TRUE(recorder.recording.blames.empty());
}

TEST(Doctor, FindsEveryCollectorAvailableForRoot) {
  for (const CollectorInfo& info : CollectorRegistry::all()) {
    if (info.is_often_missing) continue;  // hardware that most virtual machines lack
    const Availability availability = info.probe();
    EXPECT_NE(availability.state, CollectorState::kOff) << info.name << ": " << availability.reason;
  }
}

}  // namespace
}  // namespace quarrel
