// Is a process taken for what it is, and are its files and data found?
#include "collect/target.h"
#include "collect/thread_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "collect/elf_facts.h"
#include "collect/proc_text.h"
#include "collect/target_facts.h"

namespace quarrel {
namespace {

using testing::HasSubstr;

char zeroed_data[64 << 10];  // large enough for pages of its own: bss

const Mapping* mapping_with(const Recording& recording, const void* address) {
  const auto place = reinterpret_cast<uint64_t>(address);
  for (const Mapping& mapping : recording.mappings)
    if (mapping.start <= place && place < mapping.end) return &mapping;
  return nullptr;
}

TEST(Target, IsRefusedIfThereIsNoSuchProcess) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  const auto target = open_target(child);
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error().message, HasSubstr("no process has pid"));
  EXPECT_FALSE(open_target(0).ok());
  EXPECT_FALSE(open_target(-1).ok());
}

TEST(Target, NamesTheProcessIfAThreadWasGiven) {
  std::string message;
  std::thread([&] {
    const auto target = open_target(static_cast<pid_t>(syscall(SYS_gettid)));
    if (!target) message = target.error().message;
  }).join();
  EXPECT_THAT(message, HasSubstr("is a thread of process " + std::to_string(getpid())));
}

TEST(Target, IsRefusedIfItIsAZombie) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  const auto target = open_target(child);
  waitpid(child, nullptr, 0);
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error().message, HasSubstr("has ended"));
}

TEST(Target, IsRefusedIfItIsAThreadOfTheKernel) {
  if (read_text_file("/proc/2/comm") != "kthreadd\n")
    GTEST_SKIP() << "no kernel thread is visible in this pid namespace";
  const auto target = open_target(2);
  ASSERT_FALSE(target.ok());
  EXPECT_THAT(target.error().message, HasSubstr("kernel"));
}

TEST(Target, HasExitedOnceItIsAZombie) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    close(pipe_fds[1]);
    _exit(read(pipe_fds[0], &byte, 1) == 0 ? 0 : 1);
  }
  const auto target = open_target(child);
  ASSERT_TRUE(target.ok());
  EXPECT_FALSE(has_exited(*target));
  close(pipe_fds[1]);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(has_exited(*target));
  waitpid(child, nullptr, 0);
  close(pipe_fds[0]);
}

TEST(TargetFacts, CoverCodeDataAndBssOfTheProgram) {
  const auto target = open_target(getpid());
  ASSERT_TRUE(target.ok());
  Recording recording;
  ThreadTable threads(*target, recording);
  ASSERT_TRUE(refresh_target_facts(*target, threads, recording));
  const Mapping* code = mapping_with(recording, reinterpret_cast<const void*>(&mapping_with));
  const Mapping* bss = mapping_with(recording, zeroed_data + sizeof(zeroed_data) - 1);
  ASSERT_TRUE(code != nullptr && bss != nullptr);
  EXPECT_TRUE(code->is_executable);
  EXPECT_EQ(code->module, bss->module);
  EXPECT_FALSE(recording.modules[code->module.value].path.empty());
  EXPECT_EQ(recording.run.pid, getpid());
}

TEST(TargetFacts, LeaveOutStackAndHeap) {
  const auto target = open_target(getpid());
  ASSERT_TRUE(target.ok());
  Recording recording;
  ThreadTable threads(*target, recording);
  refresh_target_facts(*target, threads, recording);
  const int on_stack = 0;
  const auto on_heap = std::make_unique<char[]>(64);
  EXPECT_EQ(mapping_with(recording, &on_stack), nullptr);
  EXPECT_EQ(mapping_with(recording, on_heap.get()), nullptr);
}

TEST(TargetFacts, KeepTheirIdsWhenReadAgain) {
  const auto target = open_target(getpid());
  ASSERT_TRUE(target.ok());
  Recording recording;
  ThreadTable threads(*target, recording);
  refresh_target_facts(*target, threads, recording);
  const size_t modules = recording.modules.size(), mappings = recording.mappings.size();
  const size_t count = recording.threads.size();
  refresh_target_facts(*target, threads, recording);
  EXPECT_EQ(recording.modules.size(), modules);
  EXPECT_EQ(recording.mappings.size(), mappings);
  EXPECT_EQ(recording.threads.size(), count);
}

TEST(TargetFacts, KnowAThreadByBothOfItsIds) {
  const auto target = open_target(getpid());
  ASSERT_TRUE(target.ok());
  Recording recording;
  ThreadTable threads(*target, recording);
  const ThreadId self = threads.of(getpid(), 5);
  EXPECT_EQ(threads.of(getpid(), 9), self);
  EXPECT_EQ(recording.threads[self.value].first_seen_ns, 5u);
  EXPECT_EQ(recording.threads[self.value].last_seen_ns, 9u);
  EXPECT_EQ(threads.of_ns_tid(recording.threads[self.value].ns_tid), self);
  EXPECT_FALSE(threads.of_ns_tid(0).is_valid());
  EXPECT_FALSE(threads.of_ns_tid(1 << 30).is_valid());
}

TEST(Mappings, ReplaceThoseWhosePlaceTheyTook) {
  const std::vector<Mapping> known = {{0x1000, 0x3000, 0, {0}, true},
                                      {0x8000, 0x9000, 0, {1}, true}};
  const auto merged = merge_mappings({{0x2000, 0x4000, 0, {2}, true}}, known);
  ASSERT_EQ(merged.size(), 2u);
  EXPECT_EQ(merged[0].start, 0x2000u);
  EXPECT_EQ(merged[1].start, 0x8000u);
}

TEST(Mappings, ThatOnlyTouchOlderOnesLeaveThemAlone) {
  const auto merged =
      merge_mappings({{0x3000, 0x4000, 0, {2}, true}}, {{0x1000, 0x3000, 0, {0}, true}});
  EXPECT_EQ(merged.size(), 2u);
}

TEST(Bss, EndsWhereTheSegmentEndsInMemory) {
  const ElfFacts elf = {"", {{0x2de0, 0x300, 0x3de0, 0x5000}}};
  EXPECT_EQ(bss_end(elf, 0x700000, 0x702000, 0x2000), 0x706000u);
}

TEST(Bss, IsAbsentWhereTheFileHoldsTheWholeSegment) {
  const ElfFacts elf = {"", {{0x2000, 0x1000, 0x2000, 0x1000}}};
  EXPECT_EQ(bss_end(elf, 0x700000, 0x701000, 0x2000), 0x701000u);
  EXPECT_EQ(bss_end({}, 0x700000, 0x701000, 0x2000), 0x701000u);
}

TEST(HostFacts, NameKernelMachineAndLineSize) {
  const HostFacts facts = read_host_facts();
  EXPECT_FALSE(facts.kernel.empty());
  EXPECT_FALSE(facts.machine.empty());
  EXPECT_GE(facts.cpus, 1u);
  EXPECT_GE(facts.line_size, 16u);
}

}  // namespace
}  // namespace quarrel
