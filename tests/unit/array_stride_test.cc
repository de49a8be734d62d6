// When does the check array-stride speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"array-stride"});
}

struct Workers {
  FactsBuilder program;
  SymbolId record;
  SymbolId jobs;
  SymbolId array;
};

/// `Worker g_slots[8]` with a counter that many threads add to, each to that of its index.
Workers workers(uint64_t size, uint64_t align, std::string index, std::string bound = "8") {
  Workers here;
  FactsBuilder& program = here.program;
  here.record = program.record("Slot", size, align);
  here.jobs = program.field(here.record, "jobs", 0);
  here.array = program.global("g_slots", "Slot[8]");
  SourceVariable& array = program.facts.variables.back();
  array.type_record = here.record;
  array.array_length = 8;
  array.size_bytes = 8 * size;
  array.align_bytes = align;
  array.bound_text = bound;
  AccessSite& site = program.plain_add(here.jobs, program.thread("work", true), 1);
  site.is_indexed_by_variable = true;
  site.base = "g_slots[" + index + "]";
  site.index = index;
  return here;
}

TEST(ArrayStride, WarnsOfSmallElementsThatThreadsWriteByTheirNumber) {
  const auto findings = check(workers(8, 8, "tid").program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("array-stride", "", {"g_slots"}));
  EXPECT_EQ(findings[0].subject.type, "Slot");
  EXPECT_EQ(findings[0].advice.front().memory_bytes, 56u * 8);
}

TEST(ArrayStride, IsSilentOnAlignedElements) {
  EXPECT_TRUE(check(workers(64, 64, "tid").program).empty());
}

TEST(ArrayStride, OnlyNotesElementsThatAChanceAddressBringsTogether) {
  Workers here = workers(64, 8, "tid");
  const SymbolId last = here.program.field(here.record, "last", 56);
  AccessSite& site = here.program.plain_add(last, here.program.thread("other", true), 1);
  site.base = "g_slots[tid]";
  const auto findings = check(here.program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(ArrayStride, BelievesABoundThatCountsThreads) {
  const auto findings = check(workers(8, 8, "i", "MAX_THREADS").program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_NE(findings[0].message.find("its bound MAX_THREADS"), std::string::npos);
}

TEST(ArrayStride, IsSilentOnPlainElementsWithoutASignOfThreads) {
  EXPECT_TRUE(check(workers(8, 8, "i").program).empty());
}

TEST(ArrayStride, BelievesTheStartOfAThreadWithAnElement) {
  Workers here = workers(8, 8, "i");
  here.program.facts.thread_entries.front().argument_record = here.record;
  here.program.facts.thread_entries.front().argument = "&g_slots[i]";
  EXPECT_EQ(check(here.program).size(), 1u);
}

TEST(ArrayStride, IsSilentOnWhatOnlySetupWrites) {
  Workers here = workers(8, 8, "tid");
  here.program.facts.accesses.front().is_initialization = true;
  EXPECT_TRUE(check(here.program).empty());
}

TEST(ArrayStride, IsSilentIfTheWrittenBytesLieFarApart) {
  EXPECT_TRUE(check(workers(128, 8, "tid").program).empty());
}

TEST(ArrayStride, NotesSmallAtomicsThatSeveralFunctionsUpdateByIndex) {
  FactsBuilder program;
  const SymbolId array = program.global("g_tickers", "std::atomic<long>[16]");
  program.facts.variables.back().array_length = 16;
  program.facts.variables.back().size_bytes = 128;
  program.atomic_add(array, program.function("hit")).is_indexed_by_variable = true;
  program.atomic_add(array, program.function("miss")).is_indexed_by_variable = true;
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_LT(findings[0].weight, 20u);
}

/// `ThreadData` with an atomic, allocated by new.
FactsBuilder thread_data(uint64_t size) {
  FactsBuilder program;
  const SymbolId record = program.record("ThreadData", size);
  const SymbolId epoch = program.atomic_field(record, "epoch", 0);
  const SymbolId enter = program.function("enter");
  program.atomic_add(epoch, enter);
  program.facts.allocations.push_back(
      {.record = record, .function = enter, .allocator = "new", .guarantee_bytes = 16});
  return program;
}

TEST(ArrayStride, NotesSmallObjectsOfThreadsThatAreAllocatedOneByOne) {
  const auto findings = check(thread_data(24));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].subject.name, "ThreadData");
}

TEST(ArrayStride, IsSilentOnObjectsOfThreadsThatFillALine) {
  EXPECT_TRUE(check(thread_data(88)).empty());
}

}  // namespace
}  // namespace quarrel
