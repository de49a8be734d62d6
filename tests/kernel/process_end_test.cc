// What remains when the target exits, or when the recorder is killed?
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "child.h"
#include "recorder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// BPF programs of ours that the kernel knows.
size_t loaded_programs() {
  size_t count = 0;
  for (uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const Fd program(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    uint32_t bytes = sizeof(info);
    if (!program.is_open() || bpf_obj_get_info_by_fd(program.get(), &info, &bytes) != 0) continue;
    for (const char* name : {"exit_futex", "on_waking", "on_tick", "on_tick_with_sw", "on_switch"})
      count += std::strcmp(info.name, name) == 0 ? 1 : 0;
  }
  return count;
}

/// The kernel frees programs after a grace period.
bool programs_vanish_down_to(size_t count) {
  for (int tries = 0; tries < 100 && loaded_programs() > count; ++tries)
    std::this_thread::sleep_for(milliseconds(50));
  return loaded_programs() <= count;
}

TEST(ProcessEnd, KeepsWhatWasRecordedWhenTheTargetExits) {
  Child child({CONTENDED, "forever"});
  const uint64_t mutex = child.read_fact("mutex");
  child.read_fact("holder");
  Recorder recorder(child.pid(), {"line_samples", "lock_waits"});
  recorder.record_for(milliseconds(200));
  EXPECT_FALSE(has_exited(recorder.target));
  child.close_input();
  child.wait();
  recorder.record_for(milliseconds(50));
  EXPECT_TRUE(has_exited(recorder.target));
  EXPECT_FALSE(refresh_target_facts(recorder.target, *recorder.threads, recorder.recording));
  recorder.stop();
  ASSERT_FALSE(recorder.recording.lock_waits.empty());
  EXPECT_EQ(recorder.recording.lock_waits.front().address, mutex);
  for (const Coverage& row : recorder.recording.coverage) EXPECT_TRUE(coverage_holds(row));
}

TEST(ProcessEnd, CountsWaitsThatHadNotEndedWhenTheTargetIsKilled) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  Recorder recorder(child.pid(), {"lock_waits"});
  recorder.record_for(milliseconds(200));
  kill(child.pid(), SIGKILL);
  child.wait();
  recorder.stop();
  for (const Coverage& row : recorder.recording.coverage) EXPECT_TRUE(coverage_holds(row));
  EXPECT_GT(recorder.coverage("lock_waits").attributed, 0u);
}

TEST(ProcessEnd, LeavesNoProgramBehindWhenTheRecorderIsKilled) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  programs_vanish_down_to(0);  // those of earlier tests
  const size_t before = loaded_programs();
  const pid_t recorder = fork();
  if (recorder == 0) {
    Recorder inner(child.pid(), {"line_samples", "lock_waits"});
    inner.record_for(milliseconds(60000));
    _exit(0);
  }
  for (int tries = 0; tries < 100 && loaded_programs() < before + 4; ++tries)
    std::this_thread::sleep_for(milliseconds(50));
  EXPECT_GE(loaded_programs(), before + 4);
  kill(recorder, SIGKILL);
  waitpid(recorder, nullptr, 0);
  EXPECT_TRUE(programs_vanish_down_to(before));
  EXPECT_EQ(kill(child.pid(), 0), 0);
}

TEST(ProcessEnd, LeavesNoProgramBehindAfterStop) {
  Child child({CONTENDED, "forever"});
  child.read_fact("holder");
  const size_t before = loaded_programs();
  {
    Recorder recorder(child.pid(), {"line_samples", "lock_waits"});
    recorder.record_for(milliseconds(100));
    EXPECT_GT(loaded_programs(), before);
    recorder.stop();
  }
  EXPECT_TRUE(programs_vanish_down_to(before));
}

}  // namespace
}  // namespace quarrel
