// Does a data source of each vendor count as perf c2c counts it?
#include "model/memory_source.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr uint64_t kLoadBit = 2;
constexpr uint64_t kStoreBit = 4;

struct Source {
  uint64_t operation = kLoadBit;
  uint64_t level = 0;
  uint64_t snoop = 0;
  uint64_t lock = 1;
  uint64_t remote = 0;
  uint64_t snoop_extension = 0;
  uint64_t hops = 0;

  uint64_t word() const {
    return operation | level << 5 | snoop << 19 | lock << 24 | remote << 37 |
           snoop_extension << 38 | hops << 43;
  }
};

MemoryCounts counts_of(const Source& source) {
  return count_access(source.word(), true);
}

TEST(MemorySource, LoadOfALineThatACoreOfThisSocketHasModifiedIsALocalHitm) {
  const MemoryCounts counts = counts_of({.level = 0x42, .snoop = 0x10});
  EXPECT_EQ(counts.local_hitm, 1u);
  EXPECT_EQ(counts.remote_hitm, 0u);
  EXPECT_EQ(counts.load_llc_hits, 0u);
  EXPECT_TRUE(is_answered_by_other_core(Source{.level = 0x42, .snoop = 0x10}.word()));
}

TEST(MemorySource, LoadOfALineThatAnotherSocketHasModifiedIsARemoteHitm) {
  for (const uint64_t level : {0x402, 0x802})
    EXPECT_EQ(counts_of({.level = level, .snoop = 0x10}).remote_hitm, 1u);
}

TEST(MemorySource, RemoteWithoutALevelCountsAsOtherSocketUnlessHopsSaySameNode) {
  EXPECT_EQ(counts_of({.level = 0x02, .snoop = 0x10, .remote = 1}).remote_hitm, 1u);
  EXPECT_EQ(counts_of({.level = 0x02, .snoop = 0x10, .remote = 1, .hops = 1}).remote_hitm, 0u);
}

TEST(MemorySource, LoadThatAPeerCacheAnsweredCountsAsPeer) {
  EXPECT_EQ(counts_of({.level = 0x42, .snoop_extension = 2}).local_peer, 1u);
  EXPECT_EQ(counts_of({.level = 0x22, .snoop_extension = 2}).local_peer, 1u);
  EXPECT_EQ(counts_of({.level = 0x402, .snoop_extension = 2}).remote_peer, 1u);
  EXPECT_EQ(counts_of({.level = 0x0a, .snoop_extension = 2}).local_peer, 0u);
}

TEST(MemorySource, RemoteLineThatWasCleanIsNoHitm) {
  const MemoryCounts counts = counts_of({.level = 0x402, .snoop = 0x14});
  EXPECT_EQ(hitm_count(counts) + peer_count(counts), 0u);
}

TEST(MemorySource, StoresSayOnlyWhetherTheyHitTheFirstLevel) {
  EXPECT_EQ(counts_of({.operation = kStoreBit, .level = 0x0a}).store_l1_hits, 1u);
  EXPECT_EQ(counts_of({.operation = kStoreBit, .level = 0x0c}).store_l1_misses, 1u);
  EXPECT_EQ(counts_of({.operation = kStoreBit, .level = 0x01}).store_unknown, 1u);
  EXPECT_EQ(counts_of({.operation = kStoreBit, .level = 0x42, .snoop = 0x10}).local_hitm, 0u);
}

TEST(MemorySource, AnAccessThatReadsAndWritesCountsAsLoad) {
  const Source both{.operation = kLoadBit | kStoreBit, .level = 0x0a};
  EXPECT_EQ(counts_of(both).loads, 1u);
  EXPECT_EQ(counts_of(both).stores, 0u);
  EXPECT_FALSE(is_store(both.word()));
}

TEST(MemorySource, WithoutAnAddressOnlyTheOperationCounts) {
  const MemoryCounts counts = count_access(Source{.level = 0x42, .snoop = 0x10}.word(), false);
  EXPECT_EQ(counts.loads, 1u);
  EXPECT_EQ(hitm_count(counts), 0u);
}

TEST(MemorySource, LockedAndUnparsedAccessesCount) {
  EXPECT_EQ(counts_of({.level = 0x0a, .lock = 2}).locked, 1u);
  EXPECT_EQ(counts_of({.operation = 1}).unparsed, 1u);
  EXPECT_EQ(counts_of({.operation = 1}).loads, 0u);
}

}  // namespace
}  // namespace quarrel
