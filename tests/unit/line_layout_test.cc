// Can two fields share a cache line, and what does it cost to separate them?
#include "checks/line_layout.h"

#include <gtest/gtest.h>

#include "facts_builder.h"

namespace quarrel {
namespace {

TEST(LineLayout, NeighboursAlwaysShareALineIfTheObjectIsAligned) {
  EXPECT_EQ(share_line({0, 8}, {8, 8}, 64), LineSharing::kAlways);
  EXPECT_EQ(share_line({56, 8}, {64, 8}, 64), LineSharing::kNever);
}

TEST(LineLayout, WithoutAlignmentTheAddressDecides) {
  EXPECT_EQ(share_line({0, 8}, {56, 8}, 8), LineSharing::kSomeBase);
}

TEST(LineLayout, AWholeLineBetweenTheStartsSeparatesForEveryAddress) {
  EXPECT_EQ(share_line({0, 8}, {71, 8}, 8), LineSharing::kNever);
}

TEST(LineLayout, FieldsOfBasesAndMembersLieWhereTheObjectHasThem) {
  FactsBuilder program;
  const SymbolId base = program.record("Base", 16);
  program.field(base, "b", 8);
  const SymbolId part = program.record("Part", 8);
  program.field(part, "p", 0);
  const SymbolId whole = program.record("Whole", 32);
  program.record_of(whole).bases.push_back({.record = base, .offset_bits = 0});
  program.field(whole, "part", 16, "Part");
  program.record_of(whole).fields[0].type_record = part;
  const FactIndex index(program.facts);
  const auto fields = flatten(index, *index.record(whole));
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].path, "b");
  EXPECT_EQ(fields[0].bytes.begin, 8u);
  EXPECT_EQ(fields[1].path, "part.p");
  EXPECT_EQ(fields[1].bytes.begin, 16u);
}

TEST(LineLayout, ARecordThatClaimsToHoldItselfEnds) {
  FactsBuilder program;
  const SymbolId endless = program.record("Endless", 8);
  for (int i = 0; i < 100; ++i) {
    program.field(endless, "f", 0);
    program.record_of(endless).fields.back().type_record = endless;
  }
  const FactIndex index(program.facts);
  EXPECT_TRUE(flatten(index, *index.record(endless)).empty());
}

TEST(LineLayout, PaddingCostsWholeLines) {
  const SourceRecord record{.size_bytes = 24};
  EXPECT_EQ(padding_price(record, {8}), 128u - 24u);
  EXPECT_EQ(padding_price(record, {8, 16}), 192u - 24u);
}

}  // namespace
}  // namespace quarrel
