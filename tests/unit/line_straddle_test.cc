// When does the check line-straddle speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"line-straddle"});
}

/// A mutex at that offset, which a function takes.
FactsBuilder flow(uint64_t offset) {
  FactsBuilder program;
  const SymbolId record = program.record("Flow", 256);
  const SymbolId lock = program.field(record, "m", offset, "std::mutex", 40);
  program.lock_from_here(lock, program.function("handle"));
  return program;
}

TEST(LineStraddle, NotesALockAcrossALineBoundary) {
  const auto findings = check(flow(120));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].advice.front().remedy, "reorder");
}

TEST(LineStraddle, IsSilentOnALockThatBeginsALine) {
  EXPECT_TRUE(check(flow(128)).empty());
}

TEST(LineStraddle, IsSilentIfOnlyTheTailOfAMutexCrosses) {
  EXPECT_TRUE(check(flow(40)).empty());
}

TEST(LineStraddle, NotesLocksOfRowsWhoseSizeMakesSomeCross) {
  FactsBuilder program;
  const SymbolId row = program.record("Row", 56);
  const SymbolId lock = program.field(row, "lock", 0, "std::mutex", 40);
  program.global("g_rows", "Row[100]");
  program.facts.variables.back().type_record = row;
  program.facts.variables.back().array_length = 100;
  program.facts.variables.back().size_bytes = 5600;
  program.lock_from_here(lock, program.function("find"));
  ASSERT_EQ(check(program).size(), 1u);
  program.record_of(row).size_bytes = 64;
  EXPECT_TRUE(check(program).empty());
}

TEST(LineStraddle, NotesAPackedAtomicAcrossABoundary) {
  FactsBuilder program;
  const SymbolId record = program.record("Packed", 128, 1);
  const SymbolId word = program.field(record, "word", 60);
  program.atomic_add(word, program.function("bump")).form = AccessForm::kBuiltin;
  ASSERT_EQ(check(program).size(), 1u);
}

TEST(LineStraddle, IsSilentOnAWordAtItsNaturalAlignment) {
  FactsBuilder program;
  const SymbolId record = program.record("Plain", 128);
  const SymbolId word = program.field(record, "word", 56);
  program.atomic_add(word, program.function("bump")).form = AccessForm::kBuiltin;
  EXPECT_TRUE(check(program).empty());
}

}  // namespace
}  // namespace quarrel
