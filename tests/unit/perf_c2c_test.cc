// Does perf end with the recording, and which of its samples are taken?
#include "collect/perf_c2c.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "collect/perf_child.h"
#include "model/address_space.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

using std::chrono::milliseconds;

/// A shell script in place of perf; $1 is the output file.
std::string script(const TemporaryFolder& folder, const std::string& text) {
  const std::string path = folder.file("perf");
  put_bytes(path, "#!/bin/sh\n" + text + "\n");
  ::chmod(path.c_str(), 0700);
  return path;
}

TEST(PerfChild, WritesItsFileWhenInterruptedAndLeavesNothingBehind) {
  const TemporaryFolder folder;
  std::string output;
  {
    PerfChild child;
    const std::string perf = script(folder,
                                    "trap 'echo data > \"$1\"; exit 130' INT; : > \"$2\"\n"
                                    "while :; do sleep 0.01; done");
    const std::string ready = folder.file("ready");
    ASSERT_TRUE(child.start({perf, "@OUTPUT@", ready}).ok());
    while (!std::filesystem::exists(ready)) ::usleep(1000);
    ASSERT_TRUE(child.stop(milliseconds(5000)).ok());
    output = child.output();
    EXPECT_EQ(bytes_of(output), "data\n");
  }
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(PerfChild, ThatFailsIsQuoted) {
  const TemporaryFolder folder;
  PerfChild child;
  ASSERT_TRUE(child.start({script(folder, "echo no such event >&2; exit 255")}).ok());
  ::usleep(100'000);
  const auto stopped = child.stop(milliseconds(5000));
  ASSERT_FALSE(stopped.ok());
  EXPECT_NE(stopped.error().message.find("no such event"), std::string::npos);
}

TEST(PerfChild, ThatDoesNotEndIsNotWaitedForLong) {
  const TemporaryFolder folder;
  PerfChild child;
  ASSERT_TRUE(child.start({script(folder, "trap '' INT; exec sleep 60")}).ok());
  ::usleep(100'000);
  EXPECT_FALSE(child.stop(milliseconds(100)).ok());
}

TEST(PerfC2c, RecordsTheTargetOnTheClockOfTheRecording) {
  const auto command = perf_c2c_command("/usr/bin/perf", 4711);
  EXPECT_EQ(command[1], "c2c");
  EXPECT_EQ(command.back(), "4711");
  EXPECT_NE(std::find(command.begin(), command.end(), "--clockid=monotonic"), command.end());
}

MemorySample sample_at(uint64_t time_ns, uint64_t address) {
  return {.thread = ThreadId{0}, .time_ns = time_ns, .ip = 0x401000, .address = address};
}

TEST(PerfC2c, OnlySamplesOfTheTargetWithinTheRecordingAreTaken) {
  Recording imported;
  imported.run.pid = 4711;
  imported.threads.push_back({.tid = 4712});
  imported.memory_samples = {sample_at(50, 0x1000), sample_at(150, 0x1000),
                             sample_at(160, in_space(0x1000, 1)), sample_at(250, 0x1000)};
  imported.coverage.push_back({.collector = "memory_samples",
                               .unit = "samples",
                               .state = CollectorState::kOn,
                               .seen = 9,
                               .attributed = 4,
                               .unresolved = 3,
                               .lost = {{"perf's buffers were full", 2}}});
  Recording recording;
  const Coverage row = take_perf_samples(
      imported, 4711, {100, 200},
      [](int32_t tid, uint64_t) { return ThreadId{static_cast<uint32_t>(tid)}; }, recording);
  ASSERT_EQ(recording.memory_samples.size(), 1u);
  EXPECT_EQ(recording.memory_samples[0].thread.value, 4712u);
  EXPECT_EQ(recording.memory_samples[0].time_ns, 150u);
  EXPECT_EQ(row.collector, "perf_c2c");
  EXPECT_EQ(row.attributed, 1u);
  EXPECT_EQ(row.lost.size(), 3u);
  EXPECT_TRUE(coverage_holds(row));
}

}  // namespace
}  // namespace quarrel
