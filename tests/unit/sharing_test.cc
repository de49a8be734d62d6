// Do byte ranges per thread tell false from true sharing, and is harm told from chance?
#include "join/sharing.h"

#include <gtest/gtest.h>

#include "join/peer_contrast.h"

namespace quarrel {
namespace {

using enum AccessKind;

LineAccess use(uint32_t thread, uint32_t offset, AccessKind kind, uint32_t size = 8) {
  return {.thread = ThreadId{thread}, .offset = offset, .size = size, .kind = kind, .samples = 10};
}

Sharing sharing_of(std::vector<LineAccess> accesses) {
  return classify_sharing({.accesses = std::move(accesses)});
}

TEST(ClassifySharing, DisjointBytesAreFalseSharing) {
  EXPECT_EQ(sharing_of({use(0, 0, kWrite), use(1, 8, kWrite)}), Sharing::kFalse);
  EXPECT_EQ(sharing_of({use(0, 0, kRead), use(1, 8, kReadWrite)}), Sharing::kFalse);
}

TEST(ClassifySharing, OverlappingBytesAreTrueSharing) {
  EXPECT_EQ(sharing_of({use(0, 0, kWrite), use(1, 0, kRead)}), Sharing::kTrue);
  EXPECT_EQ(sharing_of({use(0, 0, kWrite, 8), use(1, 4, kRead, 4)}), Sharing::kTrue);
}

TEST(ClassifySharing, ReadsDoNotClash) {
  EXPECT_EQ(sharing_of({use(0, 0, kRead), use(1, 0, kRead)}), Sharing::kNone);
  EXPECT_EQ(sharing_of({use(0, 0, kRead), use(1, 8, kRead)}), Sharing::kNone);
}

TEST(ClassifySharing, AThreadDoesNotClashWithItself) {
  EXPECT_EQ(sharing_of({use(0, 0, kWrite), use(0, 8, kWrite)}), Sharing::kNone);
  EXPECT_EQ(sharing_of({}), Sharing::kNone);
}

TEST(ClassifySharing, ALockAndWhatItGuardsAreTrulySharedTogether) {
  EXPECT_EQ(sharing_of({use(0, 0, kReadWrite), use(0, 8, kReadWrite), use(1, 0, kReadWrite),
                        use(1, 8, kReadWrite)}),
            Sharing::kTrue);
}

TEST(ClassifySharing, APrivateNeighbourOfASharedWordIsMixed) {
  EXPECT_EQ(sharing_of({use(0, 0, kReadWrite), use(1, 0, kReadWrite), use(1, 8, kWrite)}),
            Sharing::kMixed);
}

TEST(LineFields, UnnamedRangesAreNamedByPlaceAndListTheirThreads) {
  Recording recording;
  recording.threads = {{.tid = 7}, {.tid = 5}};
  const LineProfile line{
      .accesses = {use(0, 8, kReadWrite), use(1, 8, kRead), use(1, 3, kWrite, 1)}};
  const auto fields = line_fields(line, recording);
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "+3 (1 byte)");
  EXPECT_EQ(fields[1].name, "+8 (8 bytes)");
  EXPECT_EQ(fields[1].readers, (std::vector<int32_t>{5, 7}));
  EXPECT_EQ(fields[1].writers, (std::vector<int32_t>{7}));
  EXPECT_EQ(fields[1].samples, 20u);
}

TEST(LineFields, ObjectsGiveTheirNamePlaceAndSize) {
  Recording recording;
  recording.threads = {{.tid = 7}};
  const LineProfile line{
      .address = 0x1000,
      .accesses = {use(0, 0, kRead, 4), use(0, 12, kWrite, 4), use(0, 40, kRead)},
      .objects = {{.field = "head", .address = 0xff8, .size = 16},
                  {.variable = "g_total", .address = 0x1008, .size = 8}}};
  const auto fields = line_fields(line, recording);
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "head");
  EXPECT_EQ(fields[0].offset, 0u);
  EXPECT_EQ(fields[0].size, 8u);
  EXPECT_EQ(fields[1].name, "g_total");
  EXPECT_EQ(fields[1].offset, 8u);
  EXPECT_EQ(fields[1].size, 8u);
  EXPECT_EQ(fields[2].name, "+40 (8 bytes)");
}

TEST(LineFields, OfNestedObjectsTheInnermostNamesTheBytes) {
  const LineProfile line{.address = 0x1000,
                         .accesses = {use(0, 8, kWrite)},
                         .objects = {{.variable = "stats", .address = 0x1000, .size = 64},
                                     {.field = "hits", .address = 0x1008, .size = 8}}};
  EXPECT_EQ(line_fields(line, {})[0].name, "hits");
}

PeerContrast contrast(uint64_t on_hits, uint64_t on_total, uint64_t off_hits, uint64_t off_total) {
  PeerContrast result{
      .on_hits = on_hits, .on_total = on_total, .off_hits = off_hits, .off_total = off_total};
  compute_odds(result);
  return result;
}

TEST(PeerContrast, TheOddsRatioAgreesWithAWorkedExample) {
  // (75.5 * 80.5) / (25.5 * 20.5) = 11.627; error 1.96 * sqrt(sum of 1/cell) = 0.666
  const PeerContrast result = contrast(75, 100, 20, 100);
  EXPECT_NEAR(result.odds, 11.627, 0.001);
  EXPECT_NEAR(result.low, 5.97, 0.05);
  EXPECT_NEAR(result.high, 22.64, 0.2);
  EXPECT_TRUE(shows_harm(result));
}

TEST(PeerContrast, EqualSharesShowNoHarm) {
  const PeerContrast result = contrast(17, 100, 17, 100);
  EXPECT_NEAR(result.odds, 1, 1e-9);
  EXPECT_LT(result.low, 1);
  EXPECT_GT(result.high, 1);
  EXPECT_FALSE(shows_harm(result));
}

TEST(PeerContrast, AStateThatHardlyOccurredMakesItUnknown) {
  EXPECT_FALSE(contrast(29, 29, 0, 100).is_known);
  EXPECT_FALSE(shows_harm(contrast(1000, 1000, 0, 29)));
  EXPECT_TRUE(contrast(30, 30, 0, 30).is_known);
}

}  // namespace
}  // namespace quarrel
