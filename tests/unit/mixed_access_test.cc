// When does the check mixed-access speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"mixed-access"});
}

/// A plain field that `count()` adds to atomically, and another function `other()`.
struct Program : FactsBuilder {
  SymbolId stats = record("stats", 16);
  SymbolId requests = field(stats, "requests", 0);
  SymbolId count = function("count");
  SymbolId other = function("other");

  Program() { add(count); }
  void add(SymbolId where) { atomic_add(requests, where).form = AccessForm::kBuiltin; }
  void store(SymbolId where) { atomic_store(requests, where).form = AccessForm::kBuiltin; }
};

TEST(MixedAccess, NotesAPlainUpdateBesideAtomicOnes) {
  Program program;
  program.plain_add(program.requests, program.other);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].verdict, Verdict::kMeasureFirst);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("mixed-access", "stats", {"requests"}));
  EXPECT_EQ(findings[0].message,
            "stats::requests is written plainly in other but written atomically in count");
}

TEST(MixedAccess, WarnsOfAPlainUpdateInAnotherThread) {
  Program program;
  program.plain_add(program.requests, program.other);
  program.start(program.count, {});
  program.start(program.other, {});
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].verdict, Verdict::kFix);
}

TEST(MixedAccess, IsSilentIfAllUpdatesAreAtomic) {
  Program program;
  program.add(program.other);
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, IsSilentIfAllAccessesArePlain) {
  FactsBuilder program;
  const SymbolId stats = program.record("stats", 8);
  const SymbolId requests = program.field(stats, "requests", 0);
  program.plain_add(requests, program.thread("one"));
  program.plain_add(requests, program.thread("other"));
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, NotesAPlainStoreWhoseThreadIsUnknown) {
  Program program;
  program.plain_write(program.requests, program.other);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(MixedAccess, WarnsOfAPlainStoreInAnotherThread) {
  Program program;
  program.plain_write(program.requests, program.other);
  program.start(program.count, {});
  program.start(program.other, {});
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
}

TEST(MixedAccess, IsSilentOnPlainStoresOfSetup) {
  Program program;
  program.plain_write(program.requests, program.function("stats_init"));
  program.plain_write(program.requests,
                      program.function("stats::stats", program.stats, FunctionKind::kConstructor));
  program.plain_write(program.requests, program.other).is_initialization = true;
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, IsSilentOnPlainReadsOfACounter) {
  Program program;
  program.plain_read(program.requests, program.other);
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, NotesAPlainReadInALoop) {
  Program program;
  program.plain_read(program.requests, program.other, 1);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(MixedAccess, IsSilentOnAPlainReadOfEachObjectThatALoopWalksOver) {
  Program program;
  program.plain_read(program.requests, program.other, 1).base = "each";
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, NotesAPlainReadOfWhatAReleaseStorePublishes) {
  Program program;
  program.store(program.count);
  program.plain_read(program.requests, program.other);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(MixedAccess, IsSilentIfTheOnlyWriterReadsItsOwnValue) {
  FactsBuilder program;
  const SymbolId ring = program.record("ring", 16);
  const SymbolId tail = program.field(ring, "tail", 0);
  const SymbolId write = program.function("ring_write");
  const SymbolId room = program.function("ring_room");
  program.call(write, room);
  program.atomic_store(tail, write).form = AccessForm::kBuiltin;
  program.plain_read(tail, room);
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, IsSilentOnALookAheadOfAnAtomicAccess) {
  Program program;
  program.store(program.count);
  program.plain_read(program.requests, program.count, 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, IsSilentIfBothHoldTheSameLock) {
  Program program;
  const SymbolId lock = program.field(program.stats, "mu", 8, "std::mutex");
  program.facts.accesses.front().locks_held = {lock};
  program.plain_add(program.requests, program.other).locks_held = {lock};
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, WarnsIfTheyHoldDifferentLocks) {
  Program program;
  const SymbolId lock = program.field(program.stats, "mu", 8, "std::mutex");
  program.plain_add(program.requests, program.other).locks_held = {lock};
  EXPECT_EQ(check(program).size(), 1u);
}

TEST(MixedAccess, IsSilentOnResultsThatMainReadsAfterTheThreads) {
  FactsBuilder program;
  const SymbolId total = program.global("total");
  const SymbolId main = program.function("main");
  const SymbolId worker = program.function("worker");
  program.plain_write(total, main);
  program.start(worker, main, true);
  program.atomic_add(total, worker, 1).form = AccessForm::kAtomicRef;
  program.plain_read(total, main, 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, WarnsIfMainUpdatesWhileTheThreadsRun) {
  FactsBuilder program;
  const SymbolId total = program.global("total");
  const SymbolId main = program.function("main");
  const SymbolId worker = program.function("worker");
  program.start(worker, main, true);
  program.atomic_add(total, worker, 1).form = AccessForm::kAtomicRef;
  program.plain_add(total, main, 1);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("mixed-access", "", {"total"}));
}

TEST(MixedAccess, CanBeSuppressedAtThePlainAccess) {
  Program program;
  const SourcePos place = program.plain_add(program.requests, program.other).position;
  program.suppress(place, "mixed-access");
  EXPECT_TRUE(check(program).empty());
}

TEST(MixedAccess, StillReportsAnAccessThatIsNotSuppressed) {
  Program program;
  const SourcePos place = program.plain_add(program.requests, program.other).position;
  program.suppress(place, "mixed-access");
  program.plain_add(program.requests, program.other);
  EXPECT_EQ(check(program).size(), 1u);
}

/// A volatile that one thread sets and another polls.
FactsBuilder volatile_flag(const std::string& type) {
  FactsBuilder program;
  const SymbolId flag = program.global("stop", type);
  program.access(flag, program.thread("one"), SourceAccess::kWrite, AccessForm::kVolatile, 0);
  program.access(flag, program.thread("other"), SourceAccess::kRead, AccessForm::kVolatile, 1);
  return program;
}

TEST(MixedAccess, NotesAVolatileBetweenTwoThreads) {
  const auto findings = check(volatile_flag("volatile int"));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(MixedAccess, IsSilentOnAVolatileForASignalHandler) {
  EXPECT_TRUE(check(volatile_flag("volatile sig_atomic_t")).empty());
}

TEST(MixedAccess, WarnsOfAVolatileCounterOfManyThreads) {
  FactsBuilder program;
  const SymbolId hits = program.global("hits", "volatile long");
  const SymbolId worker = program.thread("worker", true);
  program.access(hits, worker, SourceAccess::kReadModifyWrite, AccessForm::kVolatile, 1);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
}

TEST(MixedAccess, IsSilentOnAVolatileOfOneThread) {
  FactsBuilder program;
  const SymbolId device = program.global("device", "volatile long");
  const SymbolId driver = program.thread("driver");
  program.access(device, driver, SourceAccess::kReadModifyWrite, AccessForm::kVolatile, 1);
  EXPECT_TRUE(check(program).empty());
}

}  // namespace
}  // namespace quarrel
