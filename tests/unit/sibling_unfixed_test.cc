// When does the check sibling-unfixed speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"sibling-unfixed"});
}

struct Twins {
  FactsBuilder program;
  SymbolId padded;
  SymbolId bare;
};

/// Two specialisations with the same members, of which one ends with a pad.
Twins twins(uint64_t pad_bytes = 64) {
  Twins twins;
  FactsBuilder& program = twins.program;
  twins.padded = program.record("ThreadData<general>", 16 + pad_bytes);
  program.atomic_field(twins.padded, "access", 0);
  program.field(twins.padded, "next", 8, "ThreadData<general> *");
  if (pad_bytes > 0) {
    program.field(twins.padded, "pad", 16, "char[64]", pad_bytes);
    program.record_of(twins.padded).fields.back().array_length = pad_bytes;
  }
  twins.bare = program.record("ThreadData<signalled>", 16);
  const SymbolId access = program.atomic_field(twins.bare, "access", 0);
  program.field(twins.bare, "next", 8, "ThreadData<signalled> *");
  program.atomic_add(access, program.function("enter"));
  return twins;
}

TEST(SiblingUnfixed, NotesTheTwinThatNobodyPadded) {
  const auto findings = check(twins().program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].subject.name, "ThreadData<signalled>");
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(SiblingUnfixed, IsSilentIfNoneIsPadded) {
  EXPECT_TRUE(check(twins(0).program).empty());
}

TEST(SiblingUnfixed, IsSilentIfBothHaveLines) {
  Twins here = twins();
  here.program.record_of(here.bare).align_bytes = 64;
  EXPECT_TRUE(check(here.program).empty());
}

TEST(SiblingUnfixed, IsSilentOnInstantiationsOfOneDeclaration) {
  Twins here = twins();
  here.program.record_of(here.bare).fields[0].position =
      here.program.record_of(here.padded).fields[0].position;
  EXPECT_TRUE(check(here.program).empty());
}

TEST(SiblingUnfixed, IsSilentIfTheMembersDiffer) {
  Twins here = twins();
  here.program.record_of(here.bare).fields[1].name = "owner";
  EXPECT_TRUE(check(here.program).empty());
}

TEST(SiblingUnfixed, IsSilentOnMembersThatNobodyWritesAtomically) {
  Twins here = twins();
  here.program.facts.accesses.clear();
  EXPECT_TRUE(check(here.program).empty());
}

}  // namespace
}  // namespace quarrel
