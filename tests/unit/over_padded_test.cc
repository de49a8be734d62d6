// When does the check over-padded speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"over-padded"});
}

TEST(OverPadded, ReportsPadsOfTwoLines) {
  FactsBuilder program;
  const SymbolId ends = program.record("ends", 136, 8);
  program.atomic_field(ends, "head", 0);
  program.array_field(ends, "pad", 8, 120, "(2 * LINE) - sizeof(long)");
  program.atomic_field(ends, "tail", 128);
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "pad of ends is more than a cache line: 64 bytes an object that only the prefetch of "
            "adjacent lines could justify");
  program.record_of(ends).fields[1].bound_text = "kFalseSharingRange - sizeof(long)";
  EXPECT_TRUE(check(program).empty());
}

/// A pad of 64 bytes at the end of a record that needs 16 to fill its line.
struct WholeLinePad : FactsBuilder {
  SymbolId cache = record("cache", 112, 8);
  WholeLinePad() {
    atomic_field(cache, "size", 0);
    field(cache, "limit", 40);
    array_field(cache, "padding", 48, 64, "LINE");
    facts.units.push_back({.standard = "c++17", .has_aligned_new = true});
  }
};

TEST(OverPadded, ReportsAWholeLineWhereAnAlignmentIsCheaper) {
  const auto findings = check(WholeLinePad());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "padding of cache keeps lines apart whatever the address, where an alignment to 64 "
            "would with 48 bytes less");
}

TEST(OverPadded, IsSilentOnAWholeLineWhereNewIgnoresAlignment) {
  WholeLinePad program;
  program.facts.units[0] = {.standard = "c++11"};
  EXPECT_TRUE(check(program).empty());
}

TEST(OverPadded, AsksForAWholeLineSavedInC) {
  WholeLinePad program;
  program.facts.units[0] = {.standard = "gnu11"};
  EXPECT_TRUE(check(program).empty());
  SourceRecord& record = program.record_of(program.cache);
  record.size_bytes = 128;
  record.fields[1].offset_bits = 8 * 8;
  record.fields[2].offset_bits = 16 * 8;
  record.fields[2].size_bits = 63 * 8;
  program.field(program.cache, "clock", 120);
  EXPECT_TRUE(check(program).empty());
  program.record_of(program.cache).size_bytes = 192;
  EXPECT_EQ(check(program).size(), 1u);
}

/// Two atomics on a line each; `both` updates both of them.
struct TwoLines : FactsBuilder {
  SymbolId limiter = record("limiter", 128, 64);
  SymbolId in_flight = atomic_field(limiter, "in_flight", 0);
  SymbolId succeeded = atomic_field(limiter, "succeeded", 64);
  SymbolId both = function("end", limiter);
  TwoLines() {
    atomic_add(in_flight, function("begin", limiter));
    atomic_add(in_flight, both);
    atomic_add(succeeded, both);
  }
};

TEST(OverPadded, ReportsLinesThatEveryOperationUsesTogether) {
  const auto findings = check(TwoLines());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "in_flight and succeeded of limiter (128 bytes) have lines of their own, but the same "
            "operations use them");
}

TEST(OverPadded, IsSilentIfEachIsAlsoUsedAlone) {
  TwoLines program;
  program.atomic_load(program.succeeded, program.function("report", program.limiter));
  EXPECT_TRUE(check(program).empty());
}

TEST(OverPadded, IsSilentOnTheIndicesOfAProducerAndAConsumer) {
  FactsBuilder program;
  const SymbolId queue = program.record("queue", 256, 64);
  const SymbolId write = program.atomic_field(queue, "write", 0);
  const SymbolId read_cache = program.field(queue, "read_cache", 64);
  const SymbolId read = program.atomic_field(queue, "read", 128);
  const SymbolId push = program.function("push", queue);
  const SymbolId pop = program.function("pop", queue);
  program.atomic_store(write, push);
  program.plain_write(read_cache, push);
  program.atomic_load(read, push);
  program.atomic_store(read, pop);
  program.atomic_load(write, pop);
  EXPECT_TRUE(check(program).empty());
}

/// Two aligned plain members that three functions use.
struct Settings : FactsBuilder {
  SymbolId settings = record("settings", 128, 64);
  SymbolId limit = field(settings, "limit", 0);
  SymbolId burst = field(settings, "burst", 64);
  std::vector<SymbolId> readers = {function("one"), function("two"), function("three")};
  Settings() {
    for (SourceField& each : record_of(settings).fields) each.alignas_bytes = 64;
    for (SymbolId reader : readers) {
      plain_read(limit, reader);
      plain_read(burst, reader);
    }
  }
};

TEST(OverPadded, ReportsLinesThatNothingWrites) {
  const auto findings = check(Settings());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "settings spreads its members over 128 bytes, but nothing writes them outside setup");
}

TEST(OverPadded, IsSilentOnLinesOfWhichOneIsWritten) {
  Settings program;
  program.plain_write(program.limit, program.function("adjust"));
  EXPECT_TRUE(check(program).empty());
}

TEST(OverPadded, ReportsLinesOfWhichOneThreadAloneMakesUse) {
  Settings program;
  const SymbolId loop = program.thread("loop");
  program.plain_write(program.limit, loop, 1);
  for (SymbolId reader : program.readers) program.call(loop, reader, 1);
  const SymbolId other = program.function("other");
  program.start(other, {});
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "settings spreads its members over 128 bytes, but only the thread that runs loop uses "
            "them");
}

}  // namespace
}  // namespace quarrel
