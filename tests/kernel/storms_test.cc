// Does a recording survive targets that change faster than it can look?
//
// QUARREL_STORMS=full runs the sizes that docs/limits.md promises; without it, what fits into a
// test suite.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "child.h"
#include "collect/kernel_session.h"
#include "events.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

bool is_full() {
  const char* wanted = std::getenv("QUARREL_STORMS");
  return wanted != nullptr && std::string(wanted) == "full";
}

void expect_coverage_law(const Recording& recording) {
  EXPECT_FALSE(recording.coverage.empty());
  for (const Coverage& row : recording.coverage)
    EXPECT_TRUE(coverage_holds(row))
        << row.collector << ": seen " << row.seen << ", attributed " << row.attributed
        << ", unresolved " << row.unresolved << ", lost " << lost_total(row);
}

uint64_t all_waits(const Recording& recording) {
  uint64_t count = 0;
  for (const LockWait& wait : recording.lock_waits) count += wait.count;
  return count;
}

/// Records a storm with both collectors and returns what came of it; the target must live on.
Recording record_storm(std::vector<std::string> command, milliseconds time) {
  command.insert(command.begin(), STORMS);
  Child child(command);
  child.read_fact(command[1] == "crowd" ? "crowd" : "ready");
  Recorder recorder(child.pid(), {"lock_waits", "line_samples"});
  for (int part = 0; part < 4; ++part) {
    recorder.record_for(time / 4);
    refresh_target_facts(recorder.target, *recorder.threads, recorder.recording);
    recorder.checkpoint();
    expect_coverage_law(recorder.recording);
  }
  EXPECT_FALSE(has_exited(recorder.target)) << "the target must not notice";
  recorder.stop();
  expect_coverage_law(recorder.recording);
  return std::move(recorder.recording);
}

TEST(Storms, ThreadsThatComeAndGo) {
  const Recording recording =
      record_storm({"threads", "5000"}, milliseconds(is_full() ? 10'000 : 2000));
  EXPECT_GT(all_waits(recording), 0u);
  EXPECT_GT(recording.threads.size(), 10u);
}

/// Rows of the kernel's table that a thread has, or had.
size_t thread_records(const SharedMaps& maps) {
  size_t count = 0;
  thread_record record{};
  for (uint32_t slot = 0; slot < THREAD_SLOTS; ++slot)
    if (read_element(maps.at("threads").get(), &slot, &record))
      count += record.libc_tid != 0 && record.libc_tid != ENDED_THREAD ? 1 : 0;
  return count;
}

// A host may give out four million tids before it uses one again.
TEST(Storms, ThreadsThatEndedHaveNoRecord) {
  Child child({STORMS, "threads", "2000"});
  child.read_fact("ready");
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(1000));
  EXPECT_LT(thread_records(*recorder.shared_maps), 200u);
  recorder.stop();
  EXPECT_GT(recorder.recording.threads.size(), 200u);
}

TEST(Storms, ACrowdOfLivingThreads) {
  const std::string count = is_full() ? "10000" : "2000";
  const Recording recording = record_storm({"crowd", count}, milliseconds(2000));
  EXPECT_GE(recording.threads.size(), std::stoul(count));
  EXPECT_GT(all_waits(recording), 0u);
}

TEST(Storms, ChildrenThatExec) {
  record_storm({"children"}, milliseconds(is_full() ? 5000 : 1000));
}

TEST(Storms, ATargetThatReplacesItself) {
  const Recording recording = record_storm({"exec"}, milliseconds(is_full() ? 5000 : 1000));
  EXPECT_GT(recording.threads.size(), 1u);
}

TEST(Storms, LibrariesThatComeAndGo) {
  const Recording recording =
      record_storm({"libraries", "libzstd.so.1"}, milliseconds(is_full() ? 5000 : 1000));
  EXPECT_GT(all_waits(recording), 0u);
}

size_t open_files() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

TEST(Storms, AttachAndDetachAgainAndAgain) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  const auto attach_once = [&] {
    Recorder recorder(child.pid(), {"lock_waits", "line_samples"});
    recorder.stop();
    expect_coverage_law(recorder.recording);
  };
  attach_once();
  const size_t files = open_files();
  for (int i = 0; i < (is_full() ? 200 : 5); ++i) attach_once();
  EXPECT_EQ(open_files(), files) << "a BPF object, link or perf event is left open";
}

}  // namespace
}  // namespace quarrel
