// Are the locks of Go programs found, and the numbers of goroutines, however they were stripped?
#include "resolve/go_probes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "resolve/goroutine_id.h"

namespace quarrel {
namespace {

// Built by tests/kernel; empty without a Go compiler.
const std::string kSample = GO_SAMPLE;

GoProbePlan plan_of(const std::string& path) {
  Recording recording;
  recording.modules.push_back({.path = path});
  Mapping mapping;
  mapping.is_executable = true;
  mapping.module = ModuleId{0};
  recording.mappings.push_back(mapping);
  const std::vector<GoProbePlan> plans = plan_go_probes(recording, "");
  return plans.empty() ? GoProbePlan{.refused = "no Go program"} : plans.front();
}

void expect_equal_plans(const std::string& path, const std::string& stripped) {
  GoProbePlan expected = plan_of(path), plan = plan_of(stripped);
  ASSERT_FALSE(expected.probes.empty()) << expected.refused;
  std::sort(expected.probes.begin(), expected.probes.end());
  std::sort(plan.probes.begin(), plan.probes.end());
  EXPECT_EQ(plan.probes, expected.probes) << plan.refused;
  EXPECT_EQ(plan.goroutine_id_offset, expected.goroutine_id_offset);
}

TEST(GoProbes, AreTheSameInStrippedPrograms) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  expect_equal_plans(kSample, kSample + "_w");
  expect_equal_plans(kSample, kSample + "_s");
  expect_equal_plans(kSample + "_pie", kSample + "_s_pie");
}

TEST(GoroutineId, IsThatOfCodeAndVersionUnlessTheyDisagree) {
  EXPECT_EQ(agreed_offset(152, 152), 152u);
  EXPECT_EQ(agreed_offset(160, std::nullopt), 160u);
  EXPECT_EQ(agreed_offset(std::nullopt, 152), 152u);
  EXPECT_EQ(agreed_offset(152, 160), std::nullopt);
  EXPECT_EQ(agreed_offset(std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(goroutine_id_of_version({1, 19}), 152u);
  EXPECT_EQ(goroutine_id_of_version({1, 24}), 160u);
  EXPECT_EQ(goroutine_id_of_version({1, 16}), std::nullopt);
  EXPECT_EQ(goroutine_id_of_version({1, 25}), std::nullopt);
}

TEST(GoroutineId, IsReadFromTheCodeThatComparesIt) {
  if (kSample.empty()) GTEST_SKIP() << "no Go compiler: apt-get install golang-go";
  const auto image = CodeImage::open(kSample + "_s", "");
  const auto file = ElfFile::open(kSample);
  const auto stripped = ElfFile::open(kSample + "_s");
  ASSERT_TRUE(image && file.ok() && stripped.ok());
  const auto expected = goroutine_id_in_dwarf(**file);
  ASSERT_TRUE(expected);
  EXPECT_FALSE(goroutine_id_in_dwarf(**stripped));
  const auto table = read_go_table(**stripped);
  ASSERT_TRUE(table);
  FunctionSource source{*image, {}};
  uint64_t address = 0;
  for (size_t i = 0; i < table->size(); ++i) {
    const GoFunction function = table->function(i);
    source.symbol_sizes[function.address] = function.size;
    if (function.name == "runtime.printcreatedby") address = function.address;
  }
  EXPECT_EQ(goroutine_id_in_code(source, address), expected);
  EXPECT_EQ(goroutine_id_in_code(source, address + 1), std::nullopt);
}

}  // namespace
}  // namespace quarrel
