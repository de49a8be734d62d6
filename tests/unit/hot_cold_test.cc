// When does the check hot-cold speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"hot-cold"});
}

struct Pool {
  FactsBuilder program;
  SymbolId record;
  SymbolId used;
  SymbolId limit;
};

/// A counter that an operation updates, and a limit at that offset that two others read.
Pool pool(uint64_t limit_offset, uint64_t align = 64) {
  Pool pool;
  FactsBuilder& program = pool.program;
  pool.record = program.record("pool", 128, align);
  pool.used = program.field(pool.record, "used", 0);
  pool.limit = program.field(pool.record, "limit", limit_offset);
  program.atomic_add(pool.used, program.function("pool_get")).form = AccessForm::kBuiltin;
  program.plain_read(pool.limit, program.function("pool_size"));
  program.plain_read(pool.limit, program.function("pool_trim"));
  return pool;
}

TEST(HotCold, NotesReadOnlyNeighboursOfACounterThatOthersRead) {
  const auto findings = check(pool(8).program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("hot-cold", "pool", {"used", "limit"}));
  EXPECT_EQ(findings[0].advice.front().remedy, "reorder");
  EXPECT_EQ(findings[0].advice.front().memory_bytes, 0u);
}

TEST(HotCold, IsSilentOnALineOfItsOwn) {
  EXPECT_TRUE(check(pool(64).program).empty());
}

TEST(HotCold, AsksForHalfOfTheAddressesWhereTheObjectIsNotAligned) {
  EXPECT_EQ(check(pool(24, 8).program).size(), 1u);
  EXPECT_TRUE(check(pool(56, 8).program).empty());
}

TEST(HotCold, IsSilentIfTheReadersNeedTheCounterAnyway) {
  Pool here = pool(8);
  for (const char* name : {"pool_size", "pool_trim"})
    for (const SourceFunction& function : std::vector(here.program.facts.functions))
      if (function.name == name) here.program.plain_read(here.used, function.symbol);
  EXPECT_TRUE(check(here.program).empty());
}

TEST(HotCold, IsSilentOnAMemberThatOperationsWrite) {
  Pool here = pool(8);
  here.program.plain_write(here.limit, here.program.function("pool_adapt"));
  EXPECT_TRUE(check(here.program).empty());
}

TEST(HotCold, TakesWhatOnlyConfigurationCallsForSetup) {
  Pool here = pool(8);
  const SymbolId copy = here.program.function("copy_defaults_of");
  const SymbolId adopt = here.program.function("pool_adopt");
  here.program.call(copy, adopt);
  here.program.plain_write(here.limit, adopt);
  EXPECT_EQ(check(here.program).size(), 1u);
}

TEST(HotCold, IsSilentIfOneFunctionReadsItOnce) {
  Pool here = pool(8);
  std::erase_if(here.program.facts.accesses, [&](const AccessSite& site) {
    return site.position.line == here.program.facts.accesses.back().position.line;
  });
  EXPECT_TRUE(check(here.program).empty());
}

TEST(HotCold, IsSilentOnReportsThatPrintIt) {
  Pool here = pool(8);
  for (SourceFunction& function : here.program.facts.functions)
    if (function.name == "pool_trim") function.name = "pool_dump";
  EXPECT_TRUE(check(here.program).empty());
}

TEST(HotCold, IsSilentOnTheKeyOfAListNode) {
  FactsBuilder program;
  const SymbolId node = program.record("Node", 16);
  const SymbolId key = program.field(node, "key", 0);
  const SymbolId next = program.field(node, "next", 8, "std::atomic<Node *>");
  program.atomic_add(next, program.function("Node::set_next", node), 1);
  program.plain_read(key, program.function("Node::compare", node), 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(HotCold, IsSilentUnderACommonLock) {
  FactsBuilder program;
  const SymbolId cache = program.record("Cache", 128, 64);
  const SymbolId lock = program.field(cache, "mu", 64, "std::mutex", 40);
  const SymbolId used = program.field(cache, "used", 0);
  const SymbolId limit = program.field(cache, "limit", 8);
  program.plain_add(used, program.function("Cache::put"), 1).locks_held = {lock};
  program.plain_add(used, program.function("Cache::drop"), 1).locks_held = {lock};
  program.plain_read(limit, program.function("Cache::trim"), 1).locks_held = {lock};
  EXPECT_TRUE(check(program).empty());
}

TEST(HotCold, SeesAMemberOfARecordTypeThatIsUsedWhole) {
  FactsBuilder program;
  const SymbolId text = program.record("text", 16);
  program.field(text, "begin", 0);
  const SymbolId proxy = program.record("proxy", 64, 64);
  const SymbolId served = program.field(proxy, "served", 0);
  const SymbolId name = program.field(proxy, "name", 16, "text", 16);
  program.record_of(proxy).fields[1].type_record = text;
  program.atomic_add(served, program.function("serve")).form = AccessForm::kBuiltin;
  program.plain_read(name, program.function("send"), 1);
  ASSERT_EQ(check(program).size(), 1u);
}

TEST(HotCold, RanksReferenceCountsLast) {
  Pool counter = pool(8);
  Pool reference = pool(8);
  reference.program.record_of(reference.record).fields[0].name = "refcount";
  EXPECT_GT(check(counter.program)[0].weight, check(reference.program)[0].weight);
}

}  // namespace
}  // namespace quarrel
