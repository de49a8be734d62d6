// When do the checks of padding and alignment speak, and when are they silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program, const std::string& rule) {
  return run_checks(program.facts, {rule});
}

/// A queue whose producers and consumer are kept apart by counted bytes.
struct HandPadded : FactsBuilder {
  SymbolId queue;
  SymbolId tail, cache, head;

  /// `first` is where tail stands; head stands a line behind it.
  explicit HandPadded(uint64_t first, uint64_t size, uint64_t align) {
    queue = record("queue", size, align);
    if (first > 0) array_field(queue, "pad0", 0, first, "CACHE_LINE");
    tail = atomic_field(queue, "tail", first);
    cache = field(queue, "head_cache", first + 8);
    array_field(queue, "pad1", first + 16, 48, "CACHE_LINE - 16");
    head = atomic_field(queue, "head", first + 64);
    array_field(queue, "pad2", first + 72, 56, "CACHE_LINE - 8");
    const SymbolId push = function("push");
    const SymbolId pop = function("pop");
    atomic_add(tail, push);
    plain_write(cache, push);
    atomic_add(head, pop);
  }
};

TEST(PadNoOp, ReportsGroupsThatMeetAtSomeAddress) {
  FactsBuilder program;
  const SymbolId queue = program.record("queue", 192, 8);
  const SymbolId tail = program.atomic_field(queue, "tail", 0);
  const SymbolId cache = program.field(queue, "cache", 24);
  program.array_field(queue, "pad1", 32, 32, "LINE - 32");
  const SymbolId head = program.atomic_field(queue, "head", 64);
  program.array_field(queue, "pad2", 72, 120, "LINE - 8");
  const SymbolId push = program.function("push");
  program.atomic_add(tail, push);
  program.plain_write(cache, push);
  program.atomic_add(head, program.function("pop"));
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "cache and head share a cache line for some addresses in spite of the padding between "
            "them: the alignment of queue is 8 bytes");
  EXPECT_EQ(findings[0].level, Level::kNote);
  program.record_of(queue).align_bytes = 64;
  program.record_of(queue).fields.pop_back();  // the padding at the end is redundant then
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsWholeLinesThatBeginAnywhere) {
  const HandPadded program(0, 128, 8);
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "queue is padded to whole cache lines (one begins at tail and head), but the alignment "
            "of queue is 8 bytes");
}

TEST(PadNoOp, IsSilentOnPadsThatHoldForEveryAddress) {
  EXPECT_TRUE(check(HandPadded(64, 192, 8), "pad-no-op").empty());
}

TEST(PadNoOp, IsSilentIfEveryKnownObjectIsAligned) {
  HandPadded program(0, 128, 8);
  program.allocation(program.queue, program.function("create"), "aligned_alloc", "sizeof(queue)",
                     64);
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsAnOpenEnd) {
  HandPadded program(0, 80, 8);
  program.record_of(program.queue).fields.pop_back();
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].subject.fields.front().name, "head");
  for (SourceField& field : program.record_of(program.queue).fields) field.bound_text = "48";
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, IsSilentOnAnEndThatIsOnlyRead) {
  HandPadded program(0, 136, 8);
  const SymbolId mask = program.field(program.queue, "mask", 128);
  program.plain_read(mask, program.function("capacity"));
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, IsSilentOnPadsOfPlainRecords) {
  FactsBuilder program;
  const SymbolId packet = program.record("packet", 64, 8);
  program.plain_write(program.field(packet, "length", 0), program.function("send"));
  program.array_field(packet, "padding", 8, 56, "56");
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsAPadThatTheAlignmentBringsAnyway) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  program.atomic_field(slot, "state", 0);
  program.array_field(slot, "padding", 8, 56, "64 - sizeof(long)");
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "padding of slot changes nothing: its alignment of 64 rounds the size up to 64 anyway");
}

TEST(PadNoOp, IsSilentOnAPadThatAddsALineToAnAlignedRecord) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 128, 64);
  program.atomic_field(slot, "state", 0);
  program.array_field(slot, "padding", 8, 120, "2 * 64 - sizeof(long)");
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsARedundantPadOfATemplateFromItsSpelling) {
  FactsBuilder program;
  const SymbolId queue = program.record("queue", 0, 0);
  program.record_of(queue).has_layout = false;
  program.atomic_field(queue, "head", 0);
  program.record_of(queue).fields.back().alignas_text = "kLine";
  program.array_field(queue, "padding_", 0, 0, "kLine - sizeof(head)");
  EXPECT_EQ(check(program, "pad-no-op").size(), 1u);
  program.record_of(queue).fields.back().bound_text = "kLine - sizeof(tail)";
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsAnAlignmentBehindATypedefName) {
  FactsBuilder program;
  const SymbolId stats = program.record("stats_", 24, 8);
  program.field(stats, "packets", 0);
  program.facts.typedefs.push_back(
      {.name = "stats", .record = stats, .size_bytes = 24, .align_bytes = 64});
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "the alignment of 64 on the typedef stats leaves its size at 24 bytes: objects side by "
            "side still share cache lines");
  program.facts.typedefs[0].size_bytes = 64;
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadNoOp, ReportsAnAlignedArrayOfOneElementForEachThread) {
  FactsBuilder program;
  const SymbolId pool = program.record("pool", 256, 64);
  SourceField& counts = program.array_field(pool, "counts", 0, 256, "MAX_THREADS");
  counts.array_length = 32;
  counts.alignas_bytes = 64;
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].subject.fields.front().name, "counts");
  program.record_of(pool).fields.back().bound_text = "BITMAP_WORDS";
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

/// buffer; pad; mask; posEnqueue; pad; posDequeue; pad.
struct WrongSide : FactsBuilder {
  SymbolId queue = record("queue", 216, 8);
  SymbolId mask, enqueue_index;

  WrongSide() {
    field(queue, "buffer", 0);
    array_field(queue, "pad1", 8, 56, "line");
    mask = field(queue, "mask", 64);
    enqueue_index = atomic_field(queue, "enqueue_index", 72);
    array_field(queue, "pad2", 80, 64, "line");
    const SymbolId dequeue_index = atomic_field(queue, "dequeue_index", 144);
    array_field(queue, "pad3", 152, 64, "line");
    const SymbolId push = function("push");
    const SymbolId pop = function("pop");
    atomic_add(enqueue_index, push);
    atomic_add(dequeue_index, pop);
    plain_read(mask, push);
    plain_read(mask, pop);
  }
};

TEST(PadNoOp, ReportsAPadOnTheWrongSideOfAMember) {
  WrongSide program;
  const auto findings = check(program, "pad-no-op");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "mask of queue is only read, but the padding next to it leaves it on the cache line of "
            "enqueue_index, which is written");
}

TEST(PadNoOp, IsSilentIfOnlyTheWriterReadsTheMemberNextToThePad) {
  WrongSide program;
  program.facts.accesses.pop_back();
  EXPECT_TRUE(check(program, "pad-no-op").empty());
}

TEST(PadFormula, NotesAFormulaThatMayAddALine) {
  FactsBuilder program;
  const SymbolId padded = program.record("Padded", 0, 0);
  program.record_of(padded).has_layout = false;
  program.array_field(padded, "pad", 0, 0, "kLine - sizeof(T) % kLine");
  ASSERT_EQ(check(program, "pad-formula").size(), 1u);
  EXPECT_EQ(check(program, "pad-formula")[0].level, Level::kNote);
  program.record_of(padded).fields[0].bound_text = "(kLine - sizeof(T) % kLine) % kLine";
  EXPECT_TRUE(check(program, "pad-formula").empty());
}

TEST(PadFormula, WarnsOfAFormulaThatAddsALineNow) {
  FactsBuilder program;
  const SymbolId padded = program.record("padded", 128, 8);
  program.array_field(padded, "pad", 64, 64, "64 - sizeof(struct base) % 64");
  ASSERT_EQ(check(program, "pad-formula").size(), 1u);
  EXPECT_EQ(check(program, "pad-formula")[0].level, Level::kWarning);
  program.record_of(padded).fields[0].size_bits = 56 * 8;
  EXPECT_TRUE(check(program, "pad-formula").empty());
}

TEST(PadFormula, WarnsOfRoomForAligningInEachElement) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  program.allocation(slot, program.function("create"), "calloc", "sizeof(*slots) + 64").count_text =
      "count";
  const auto findings = check(program, "pad-formula");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "calloc(count, sizeof(*slots) + 64) adds the room to align the block to each of its "
            "elements of type slot");
  program.facts.allocations[0].count_text = "1";
  EXPECT_TRUE(check(program, "pad-formula").empty());
}

TEST(AlignLost, WarnsOfAnAllocationThatPromisesLess) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  program.record_of(slot).alignas_bytes = 64;
  program.field(slot, "state", 0);
  program.allocation(slot, program.function("create"), "malloc", "sizeof(struct slot)");
  const auto findings = check(program, "align-lost");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].message,
            "slot is aligned to 64 bytes, but malloc in create promises only 16");
}

TEST(AlignLost, NamesTheMemberThatBringsTheAlignment) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  program.record_of(slot).alignas_bytes = 64;
  const SymbolId table = program.record("table", 128, 64);
  program.field(table, "first", 64, "slot", 64);
  program.record_of(table).fields.back().type_record = slot;
  program.allocation(table, program.function("create"), "malloc", "sizeof(struct table)");
  const auto findings = check(program, "align-lost");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message,
            "table is aligned to 64 bytes (of its member first), but malloc in create promises "
            "only 16");
}

TEST(AlignLost, IsSilentOnRoomForAligningAndOnEnoughAlignment) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  const SymbolId create = program.function("create");
  program.allocation(slot, create, "malloc", "sizeof(struct slot) + 63");
  program.allocation(slot, create, "aligned_alloc", "sizeof(struct slot)", 64);
  program.allocation(slot, create, "my_alloc", "sizeof(struct slot)", 0);
  program.allocation(program.record("small", 16, 16), create, "malloc", "sizeof(struct small)");
  EXPECT_TRUE(check(program, "align-lost").empty());
}

TEST(AlignLost, IsSilentOnARecordWithAnAllocatorOfItsOwn) {
  FactsBuilder program;
  const SymbolId slot = program.record("slot", 64, 64);
  program.function("slot::operator new(size_t)", slot);
  program.allocation(slot, program.function("create"), "new", "sizeof(slot)");
  EXPECT_TRUE(check(program, "align-lost").empty());
}

TEST(OrderAsOperand, WarnsOfEveryRemark) {
  FactsBuilder program;
  const SymbolId hits = program.global("hits", "std::atomic<int>");
  program.facts.remarks.push_back({.kind = RemarkKind::kOrderAsOperand,
                                   .object = hits,
                                   .function = program.function("count"),
                                   .position = {FileId{0}, 7, 3},
                                   .text = "hits.fetch_add(std::memory_order_relaxed)"});
  const auto findings = check(program, "order-as-operand");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kWarning);
  EXPECT_EQ(findings[0].message,
            "hits.fetch_add(std::memory_order_relaxed) takes the memory order for a value, of "
            "hits");
}

TEST(ConstructiveForDestructive, ReportsMembersButNotWholeRecords) {
  FactsBuilder program;
  const SymbolId queue = program.record("queue", 128, 64);
  const SymbolId head = program.atomic_field(queue, "head", 0);
  auto remark = [&](SymbolId object) {
    program.facts.remarks.push_back({.kind = RemarkKind::kConstructiveSize, .object = object});
  };
  remark(queue);
  EXPECT_TRUE(check(program, "constructive-for-destructive").empty());
  remark(head);
  EXPECT_EQ(check(program, "constructive-for-destructive").size(), 1u);
}

}  // namespace
}  // namespace quarrel
