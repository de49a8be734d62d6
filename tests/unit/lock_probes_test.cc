// Are the places found at which a C library takes locks, and only such as the kernel emulates?
#include "resolve/lock_probes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "unit/self_recording.h"

namespace quarrel {
namespace {

LockProbePlan plan_of_own_libc() {
  const std::vector<LockProbePlan> plans = plan_lock_probes(self_recording(), "");
  for (const LockProbePlan& plan : plans)
    if (plan.path.find("libc.so") != std::string::npos) return plan;
  return {};
}

TEST(LockProbes, SeeEveryLockFunctionOfTheC_Library) {
  const LockProbePlan plan = plan_of_own_libc();
  for (const char* name :
       {"pthread_mutex_lock", "pthread_mutex_trylock", "pthread_mutex_timedlock",
        "pthread_mutex_clocklock", "pthread_mutex_unlock", "pthread_cond_wait",
        "pthread_rwlock_wrlock", "pthread_rwlock_trywrlock", "pthread_rwlock_unlock"})
    EXPECT_NE(std::find(plan.functions.begin(), plan.functions.end(), name), plan.functions.end())
        << name;
  for (const std::string& sentence : plan.refused) ADD_FAILURE() << sentence;
}

TEST(LockProbes, StandAtInstructionsThatTheKernelEmulates) {
  const LockProbePlan plan = plan_of_own_libc();
  ASSERT_FALSE(plan.probes.empty());
  std::ifstream file(plan.path, std::ios::binary);
  for (const LockProbe& probe : plan.probes) {
    uint8_t bytes[2];
    file.seekg(static_cast<std::streamoff>(probe.file_offset));
    file.read(reinterpret_cast<char*>(bytes), sizeof(bytes));
    const bool is_short_branch = (bytes[0] & 0xf0) == 0x70;
    const bool is_long_branch = bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80;
    const bool is_push = (bytes[0] & 0xf8) == 0x50 || (bytes[0] == 0x41 && bytes[1] >> 3 == 10);
    const bool is_other = bytes[0] == 0x90 || bytes[0] == 0xe9 || bytes[0] == 0xeb;
    EXPECT_TRUE(is_short_branch || is_long_branch || is_push || is_other) << probe.file_offset;
    EXPECT_EQ(probe.condition < LockProbe::kAlways, is_short_branch || is_long_branch);
  }
}

TEST(LockProbes, SayOneThingOfEachWayOutOfAnInstruction) {
  std::set<std::pair<uint64_t, uint8_t>> ways;
  for (const LockProbe& probe : plan_of_own_libc().probes)
    EXPECT_TRUE(ways.emplace(probe.file_offset, probe.condition).second) << probe.file_offset;
}

TEST(LockProbes, OfProgramsWithoutLocksAreNone) {
  Recording recording;
  recording.modules.push_back({"/bin/true", ""});
  recording.mappings.push_back({.start = 0, .end = 1, .module = {0}, .is_executable = true});
  EXPECT_TRUE(plan_lock_probes(recording, "").empty());
}

}  // namespace
}  // namespace quarrel
