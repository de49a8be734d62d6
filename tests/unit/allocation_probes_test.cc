// Are the places found at which a C library gives blocks out and takes them back?
#include "resolve/allocation_probes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "unit/self_recording.h"

namespace quarrel {
namespace {

AllocationProbePlan plan_of_own_libc() {
  std::set<ModuleId> seen;
  for (const AllocationProbePlan& plan : plan_allocation_probes(self_recording(), "", seen))
    if (plan.path.find("libc.so") != std::string::npos) return plan;
  return {};
}

TEST(AllocationProbes, SeeEveryWayThroughTheAllocatorOfTheC_Library) {
  const AllocationProbePlan plan = plan_of_own_libc();
  for (const char* name : {"malloc", "calloc", "realloc", "aligned_alloc", "free"})
    EXPECT_NE(std::find(plan.functions.begin(), plan.functions.end(), name), plan.functions.end())
        << name;
  for (const std::string& sentence : plan.refused) ADD_FAILURE() << sentence;
  for (const AllocationStep step : {AllocationStep::kAllocated, AllocationStep::kFreed})
    EXPECT_TRUE(std::any_of(plan.probes.begin(), plan.probes.end(),
                            [&](const AllocationProbe& probe) { return probe.step == step; }));
}

TEST(AllocationProbes, StandAtInstructionsThatTheKernelEmulates) {
  const AllocationProbePlan plan = plan_of_own_libc();
  ASSERT_FALSE(plan.probes.empty());
  std::ifstream file(plan.path, std::ios::binary);
  for (const AllocationProbe& probe : plan.probes) {
    uint8_t bytes[2];
    file.seekg(static_cast<std::streamoff>(probe.file_offset));
    file.read(reinterpret_cast<char*>(bytes), sizeof(bytes));
    const bool is_short_branch = (bytes[0] & 0xf0) == 0x70;
    const bool is_long_branch = bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80;
    const bool is_push = (bytes[0] & 0xf8) == 0x50 || (bytes[0] == 0x41 && bytes[1] >> 3 == 10);
    const bool is_other = bytes[0] == 0x90 || bytes[0] == 0xe9 || bytes[0] == 0xeb;
    EXPECT_TRUE(is_short_branch || is_long_branch || is_push || is_other) << probe.file_offset;
  }
}

TEST(AllocationProbes, OfProgramsWithoutAnAllocatorAreNone) {
  Recording recording;
  recording.modules.push_back({"/bin/true", ""});
  recording.mappings.push_back({.start = 0, .end = 1, .module = {0}, .is_executable = true});
  std::set<ModuleId> seen;
  EXPECT_TRUE(plan_allocation_probes(recording, "", seen).empty());
}

TEST(AllocationProbes, AreToldOnceOfEachFile) {
  std::set<ModuleId> seen;
  EXPECT_FALSE(plan_allocation_probes(self_recording(), "", seen).empty());
  EXPECT_TRUE(plan_allocation_probes(self_recording(), "", seen).empty());
}

}  // namespace
}  // namespace quarrel
