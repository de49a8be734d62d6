// Who wanted a lock of the kernel, and what do all waits on one path cost together?
#include <gtest/gtest.h>

#include <fstream>

#include "collect/kernel_symbols.h"
#include "join/join.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

TEST(KernelSymbols, NameWhoWantedTheLockNotTheLocksOwnCode) {
  const TemporaryFolder folder;
  const std::string path = folder.file("kallsyms");
  std::ofstream(path) << "0000000000003000 T __vm_munmap\n"
                         "0000000000001000 t rwsem_down_write_slowpath\n"
                         "0000000000002000 T down_write_killable\n"
                         "0000000000002800 D jiffies\n"
                         "0000000000004000 t do_syscall_64\n";
  const KernelSymbols symbols = KernelSymbols::read(path);
  EXPECT_EQ(symbols.function_at(0x2801), "down_write_killable");
  EXPECT_EQ(symbols.function_at(0xfff), "");
  const uint64_t stack[] = {0x1020, 0x2010, 0x3050, 0x4010};
  EXPECT_EQ(symbols.lock_caller(stack), "__vm_munmap");
  const uint64_t only_locks[] = {0x1020, 0x2010, 0};
  EXPECT_EQ(symbols.lock_caller(only_locks), "");
}

TEST(KernelSymbols, ThatAreHiddenNameNothing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("kallsyms");
  std::ofstream(path) << "0000000000000000 T __vm_munmap\n";
  const uint64_t stack[] = {0x3050};
  EXPECT_EQ(KernelSymbols::read(path).lock_caller(stack), "");
}

constexpr uint32_t kRead = 2;
constexpr uint32_t kWrite = 4;

Profile mapping_profile() {
  Profile profile;
  profile.recording.run.duration_ns = 2'000'000'000;
  profile.recording.threads = {{.tid = 11, .name = "a"}, {.tid = 12, .name = "b"}};
  profile.recording.kernel_lock_waits = {
      {0x10, kWrite, true, "__vm_munmap", 100, 600'000'000, 50'000'000},
      {0x20, kWrite, true, "__vm_munmap", 50, 400'000'000, 70'000'000},
      {0x10, kRead, true, "lock_mm_and_find_vma", 9, 30'000'000, 9'000'000},
      {0x30, 1, false, "futex_wake", 9, 1'000'000, 9'000}};
  profile.recording.kernel_lock_stacks = {{0x10, "__vm_munmap", ThreadId{0}, {}, 3, 300},
                                          {0x20, "__vm_munmap", ThreadId{1}, {}, 1, 100}};
  return profile;
}

TEST(KernelLocks, OfOneCallerAndKindAreOneFinding) {
  const Profile profile = mapping_profile();
  const Diagnosis diagnosis = join({.profile = profile, .static_findings = {}});
  ASSERT_EQ(diagnosis.findings.size(), 2u) << "below the floor there is no finding";
  const Finding& munmap = diagnosis.findings[0];
  EXPECT_EQ(munmap.rule, "kernel-lock");
  EXPECT_EQ(munmap.subject.name, "kernel mmap_lock (write) in __vm_munmap");
  EXPECT_DOUBLE_EQ(munmap.cost.thread_ms_per_s, 500);
  EXPECT_EQ(munmap.verdict, Verdict::kMeasureFirst);
  ASSERT_EQ(munmap.threads.size(), 2u);
  EXPECT_EQ(munmap.threads[0].tid, 11);
  EXPECT_DOUBLE_EQ(munmap.threads[0].thread_ms_per_s, 375);
  EXPECT_EQ(diagnosis.findings[1].subject.name, "kernel mmap_lock (read) in lock_mm_and_find_vma");
  EXPECT_EQ(diagnosis.totals.contention_ms_per_s, 0) << "it is not a lock of the program";
}

}  // namespace
}  // namespace quarrel
