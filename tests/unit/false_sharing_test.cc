// When does the check false-sharing speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"false-sharing"});
}

/// Two counters at those offsets, each added to in a loop by a thread of its own.
FactsBuilder two_counters(uint64_t second_offset, uint64_t size, uint64_t align) {
  FactsBuilder program;
  const SymbolId counters = program.record("Counters", size, align);
  const SymbolId a = program.atomic_field(counters, "a", 0);
  const SymbolId b = program.atomic_field(counters, "b", second_offset);
  program.atomic_add(a, program.thread("count_a"), 1);
  program.atomic_add(b, program.thread("count_b"), 1);
  return program;
}

TEST(FalseSharing, WarnsOfCountersThatTwoThreadsAddToInLoops) {
  const auto findings = check(two_counters(8, 16, 8));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].verdict, Verdict::kMeasureFirst);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("false-sharing", "Counters", {"a", "b"}));
}

TEST(FalseSharing, IsSilentOnCountersOnLinesOfTheirOwn) {
  EXPECT_TRUE(check(two_counters(64, 128, 64)).empty());
}

TEST(FalseSharing, OnlyNotesMembersThatAnUnluckyAddressBringsTogether) {
  const auto findings = check(two_counters(56, 64, 8));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
}

TEST(FalseSharing, StandsAtTheDeclarationOfTheSecondFieldAndNamesThreads) {
  const auto findings = check(two_counters(8, 16, 8));
  ASSERT_EQ(findings.size(), 1u);
  const auto& places = findings[0].locations;
  ASSERT_EQ(places.size(), 6u);
  EXPECT_EQ(places[0].line, 3u);
  EXPECT_EQ(places[2].note,
            "count_a updates a atomically in a loop (the thread that runs count_a)");
  EXPECT_EQ(places[4].role, "thread entry");
}

TEST(FalseSharing, NamesThePriceOfPaddingAndAGuard) {
  const auto findings = check(two_counters(8, 16, 8));
  ASSERT_EQ(findings.size(), 1u);
  const Advice& advice = findings[0].advice.front();
  EXPECT_EQ(advice.memory_bytes, 112u);
  EXPECT_NE(advice.guard.find("offsetof(Counters, a) / 64 != offsetof(Counters, b) / 64"),
            std::string::npos);
}

TEST(FalseSharing, CanBeSuppressedWhereAMemberIsDeclared) {
  auto program = two_counters(8, 16, 8);
  program.suppress(program.facts.records[0].fields[0].position, "quarrel-false-sharing");
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IgnoresTheSuppressionOfAnotherRule) {
  auto program = two_counters(8, 16, 8);
  program.suppress(program.facts.records[0].fields[0].position, "mixed-access");
  EXPECT_EQ(check(program).size(), 1u);
}

/// A queue whose ends are stored by those two member functions.
FactsBuilder queue(bool is_atomic) {
  FactsBuilder program;
  const SymbolId queue = program.record("Queue", 24);
  const SymbolId head = program.field(queue, "head_", 8, is_atomic ? "std::atomic<long>" : "long");
  const SymbolId tail = program.field(queue, "tail_", 16, is_atomic ? "std::atomic<long>" : "long");
  const SymbolId push = program.function("Queue::push", queue);
  const SymbolId pop = program.function("Queue::pop", queue);
  if (is_atomic) {
    program.atomic_load(head, push);
    program.atomic_store(tail, push);
    program.atomic_load(tail, pop);
    program.atomic_store(head, pop);
  } else {
    program.plain_write(tail, push);
    program.plain_write(head, pop);
  }
  return program;
}

TEST(FalseSharing, NotesTheEndsOfAQueueThatDifferentOperationsStore) {
  const auto findings = check(queue(true));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("false-sharing", "Queue", {"head_", "tail_"}));
}

TEST(FalseSharing, LeavesOutAGuardThatWouldNotCompile) {
  const auto findings = check(queue(true));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].advice.front().guard, "");
}

TEST(FalseSharing, IsSilentOnAQueueForOneThread) {
  EXPECT_TRUE(check(queue(false)).empty());
}

TEST(FalseSharing, NotesTheQueueOfALibraryThatOnlyAnExampleCalls) {
  auto program = queue(true);
  const SymbolId main = program.function("main");
  for (uint32_t i = 0; i < 2; ++i) program.call(main, program.facts.functions[i].symbol);
  EXPECT_EQ(check(program).size(), 1u);
}

TEST(FalseSharing, IsSilentOnWhatOneThreadAloneCounts) {
  FactsBuilder program;
  const SymbolId counters = program.record("Counters", 16);
  const SymbolId a = program.atomic_field(counters, "a", 0);
  const SymbolId b = program.atomic_field(counters, "b", 8);
  const SymbolId worker = program.thread("worker");
  const SymbolId hit = program.function("hit");
  const SymbolId miss = program.function("miss");
  program.call(worker, hit, 1);
  program.call(worker, miss, 1);
  program.atomic_add(a, hit);
  program.atomic_add(b, miss);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, NotesWhatManyThreadsOfOneRoleCountAndAdvisesToShard) {
  FactsBuilder program;
  const SymbolId counters = program.record("Counters", 16);
  const SymbolId a = program.atomic_field(counters, "a", 0);
  const SymbolId b = program.atomic_field(counters, "b", 8);
  const SymbolId worker = program.thread("worker", true);
  const SymbolId hit = program.function("hit");
  const SymbolId miss = program.function("miss");
  program.call(worker, hit, 1);
  program.call(worker, miss, 1);
  program.atomic_add(a, hit);
  program.atomic_add(b, miss);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].advice.front().remedy, "shard");
}

TEST(FalseSharing, IsSilentOnMembersThatOneFunctionUpdatesTogether) {
  FactsBuilder program;
  const SymbolId rate = program.record("Rate", 24);
  const SymbolId current = program.atomic_field(rate, "current", 0);
  const SymbolId previous = program.atomic_field(rate, "previous", 8);
  const SymbolId one = program.thread("one", true);
  const SymbolId other = program.thread("other", true);
  for (SymbolId thread : {one, other}) {
    program.atomic_add(current, thread, 1);
    program.atomic_add(previous, thread, 1);
  }
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentOnMembersThatOneOperationUpdatesThroughHelpers) {
  FactsBuilder program;
  const SymbolId table = program.record("Table", 24);
  const SymbolId size = program.atomic_field(table, "size_", 0);
  const SymbolId probes = program.atomic_field(table, "probes_", 8);
  const SymbolId insert = program.function("Table::insert", table);
  const SymbolId grow = program.function("Table::grow", table);
  const SymbolId probe = program.function("Table::probe", table);
  program.call(insert, grow);
  program.call(insert, probe);
  program.atomic_add(size, grow);
  program.atomic_add(probes, probe);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentOnAnOperationThatReachesTheOtherThroughAnotherClass) {
  FactsBuilder program;
  const SymbolId memory = program.record("Memory", 16);
  const SymbolId height = program.atomic_field(memory, "height", 0);
  const SymbolId usage = program.atomic_field(memory, "usage", 8);
  const SymbolId insert = program.function("List::insert", program.record("List", 8));
  const SymbolId allocate = program.function("Arena::allocate", program.record("Arena", 8));
  program.call(insert, allocate);
  program.atomic_add(height, insert);
  program.atomic_add(usage, allocate);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentUnderACommonLockThatTheCallerTakes) {
  FactsBuilder program;
  const SymbolId cache = program.record("Cache", 64);
  const SymbolId lock = program.field(cache, "mu_", 0, "std::mutex", 40);
  const SymbolId hits = program.field(cache, "hits_", 40);
  const SymbolId misses = program.field(cache, "misses_", 48);
  const SymbolId reader = program.thread("reader");
  const SymbolId writer = program.thread("writer");
  const SymbolId hit = program.function("Cache::hit", cache);
  program.lock_from_here(lock, reader);
  program.call(reader, hit, 1);
  program.plain_add(hits, hit);
  program.plain_add(misses, writer, 1).locks_held = {lock};
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, WarnsIfOnlyOneOfThemHoldsTheLock) {
  FactsBuilder program;
  const SymbolId cache = program.record("Cache", 64, 64);
  const SymbolId lock = program.field(cache, "mu_", 0, "std::mutex", 40);
  const SymbolId hits = program.field(cache, "hits_", 40);
  const SymbolId misses = program.field(cache, "misses_", 48);
  program.plain_add(hits, program.thread("reader"), 1);
  program.plain_add(misses, program.thread("writer"), 1).locks_held = {lock};
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
}

TEST(FalseSharing, RecommendsItsRemedyAndRefusesOnlyTheTemptingOne) {
  FactsBuilder program;
  const SymbolId counters = program.record("Counters", 16);
  const SymbolId a = program.field(counters, "a", 0, "std::atomic<long>");
  const SymbolId b = program.field(counters, "b", 8, "std::atomic<long>");
  program.atomic_add(a, program.thread("one"), 1);
  program.atomic_add(b, program.thread("two"), 1);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  const auto& advice = findings[0].advice;
  ASSERT_EQ(advice.size(), 2u);
  EXPECT_EQ(advice[0].remedy, "pad");
  EXPECT_TRUE(advice[0].refused_because.empty());
  EXPECT_FALSE(advice[0].guard.empty());
  EXPECT_FALSE(advice[1].refused_because.empty());
  EXPECT_TRUE(advice[1].guard.empty());
}

TEST(FalseSharing, IsSilentOnPlainLineAlignedObjectsThatThreadsGetByReference) {
  FactsBuilder program;
  const SymbolId tally = program.record("Tally", 64, 64);
  const SymbolId lock = program.global("g_mu", "std::mutex");
  const SymbolId served = program.field(tally, "served", 0);
  const SymbolId reported = program.field(tally, "reported", 8);
  AccessSite& one = program.plain_add(served, program.thread("server"), 1);
  one.base = "tally";
  one.locks_held = {lock};
  program.plain_add(reported, program.thread("reporter"), 1).base = "tally";
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentOnWritesOfConstructorsAndSetup) {
  FactsBuilder program;
  const SymbolId pair = program.record("Pair", 16);
  const SymbolId a = program.atomic_field(pair, "a", 0);
  const SymbolId b = program.atomic_field(pair, "b", 8);
  program.atomic_store(a, program.function("Pair::Pair", pair, FunctionKind::kConstructor));
  program.atomic_store(a, program.function("Pair::resetAll", pair));
  program.atomic_add(b, program.function("Pair::count", pair));
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentOnAFlagThatIsOnlySet) {
  FactsBuilder program;
  const SymbolId server = program.record("Server", 16);
  const SymbolId stop = program.field(server, "stop_", 0, "std::atomic<bool>", 1);
  const SymbolId served = program.atomic_field(server, "served_", 8);
  program.atomic_store(stop, program.function("Server::stop", server));
  program.atomic_add(served, program.function("Server::serve", server));
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, IsSilentOnElementsThatThreadsIndex) {
  FactsBuilder program;
  const SymbolId slot = program.record("Slot", 16);
  const SymbolId a = program.field(slot, "a", 0);
  const SymbolId b = program.field(slot, "b", 8);
  program.plain_add(a, program.thread("one"), 1).is_indexed_by_variable = true;
  program.plain_add(b, program.thread("other"), 1).is_indexed_by_variable = true;
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, FindsPlainFieldsThatBuiltinsMakeAtomic) {
  FactsBuilder program;
  const SymbolId ring = program.record("ring", 16);
  const SymbolId head = program.field(ring, "head", 0);
  const SymbolId tail = program.field(ring, "tail", 8);
  auto add = [&](SymbolId field, const char* function) {
    auto& site = program.atomic_add(field, program.function(function));
    site.form = AccessForm::kBuiltin;
    site.base = "r";
  };
  add(head, "ring_read");
  add(tail, "ring_write");
  EXPECT_EQ(check(program).size(), 1u);
}

TEST(FalseSharing, LooksIntoNestedRecords) {
  FactsBuilder program;
  const SymbolId producer = program.record("Producer", 8);
  const SymbolId tail = program.atomic_field(producer, "tail", 0);
  const SymbolId consumer = program.record("Consumer", 8);
  const SymbolId head = program.atomic_field(consumer, "head", 0);
  const SymbolId queue = program.record("Queue", 16);
  program.field(queue, "p", 0, "Producer");
  program.field(queue, "c", 8, "Consumer");
  program.record_of(queue).fields[0].type_record = producer;
  program.record_of(queue).fields[1].type_record = consumer;
  program.atomic_add(tail, program.function("push")).base = "q->p";
  program.atomic_add(head, program.function("pop")).base = "q->c";
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].fingerprint,
            fingerprint_of("false-sharing", "Queue", {"c.head", "p.tail"}));
}

TEST(FalseSharing, WarnsOfGlobalsDeclaredSideBySide) {
  FactsBuilder program;
  const SymbolId a = program.global("a", "std::atomic<long>");
  const SymbolId b = program.global("b", "std::atomic<long>");
  program.atomic_add(a, program.thread("one"), 1);
  program.atomic_add(b, program.thread("other"), 1);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("false-sharing", "", {"a", "b"}));
}

TEST(FalseSharing, IsSilentOnGlobalsWithoutKnownThreads) {
  FactsBuilder program;
  const SymbolId a = program.global("a", "std::atomic<long>");
  const SymbolId b = program.global("b", "std::atomic<long>");
  program.atomic_add(a, program.function("one"), 1);
  program.atomic_add(b, program.function("other"), 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, TakesTheMainsOfTwoProgramsForNoThreads) {
  FactsBuilder program;
  const SymbolId a = program.global("a", "std::atomic<long>");
  const SymbolId b = program.global("b", "std::atomic<long>");
  const SymbolId one = program.function("one");
  const SymbolId other = program.function("other");
  for (int i = 0; i < 2; ++i) {
    const SymbolId main = program.function("main");
    program.call(main, one, 1);
    program.call(main, other, 1);
  }
  program.atomic_add(a, one, 1);
  program.atomic_add(b, other, 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, NotesTheRecordOfACLibraryThatOnlyAnExampleCalls) {
  FactsBuilder program;
  const SymbolId ring = program.record("ring", 16);
  const SymbolId main = program.function("main");
  for (uint32_t i = 0; i < 2; ++i) {
    const SymbolId field = program.field(ring, i == 0 ? "head" : "tail", i * 8);
    const SymbolId use = program.function(i == 0 ? "ring_read" : "ring_write");
    program.call(main, use);
    program.atomic_add(field, use).form = AccessForm::kBuiltin;
  }
  EXPECT_EQ(check(program).size(), 1u);
}

TEST(FalseSharing, IsSilentOnAlignedGlobals) {
  FactsBuilder program;
  const SymbolId a = program.global("a", "std::atomic<long>", 64);
  const SymbolId b = program.global("b", "std::atomic<long>", 64);
  program.atomic_add(a, program.thread("one"), 1);
  program.atomic_add(b, program.thread("other"), 1);
  EXPECT_TRUE(check(program).empty());
}

TEST(FalseSharing, ReportsInstantiationsOfOneTemplateOnce) {
  FactsBuilder program;
  const SymbolId pattern = program.record("Queue", 0);
  program.record_of(pattern).has_layout = false;
  for (std::string name : {"Queue<int>", "Queue<long>"}) {
    const SymbolId queue = program.record(name, 16);
    program.record_of(queue).pattern = pattern;
    const SymbolId head = program.atomic_field(queue, "head", 0);
    const SymbolId tail = program.atomic_field(queue, "tail", 8);
    program.atomic_store(head, program.function(name + "::pop", queue));
    program.atomic_store(tail, program.function(name + "::push", queue));
  }
  EXPECT_EQ(check(program).size(), 1u);
}

TEST(FalseSharing, SurvivesIdsThatNameNothing) {
  auto program = two_counters(8, 16, 8);
  const SymbolId wrong{77777};
  program.call(wrong, wrong);
  program.start(wrong, wrong);
  program.atomic_add(wrong, wrong).locks_held = {wrong};
  program.field(program.facts.records[0].symbol, "x", 1, "X");
  program.facts.records[0].fields.back().type_record = program.facts.records[0].symbol;
  program.facts.records[0].bases.push_back({.record = wrong});
  program.lock_from_here(wrong, wrong);
  EXPECT_EQ(check(program).size(), 1u);
}

}  // namespace
}  // namespace quarrel
