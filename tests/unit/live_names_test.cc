// Of several names for one address, is the one taken that says most and is surest?
#include <gtest/gtest.h>

#include "resolve/live_variables.h"

namespace quarrel {
namespace {

LiveName name_of(const std::string& record, uint64_t aggregate_size) {
  LiveName name{.address = 0x1000, .object = {}, .aggregate_size = aggregate_size};
  name.object.record = record;
  return name;
}

TEST(LiveNames, OfTheUserAreBetterThanOnesOfALibrary) {
  EXPECT_TRUE(is_better_name(name_of("Cache", 8), name_of("", 64)));
  EXPECT_FALSE(is_better_name(name_of("", 64), name_of("Cache", 8)));
}

TEST(LiveNames, OfTheRecordAroundAreBetterThanOnesOfItsFirstMember) {
  EXPECT_TRUE(is_better_name(name_of("Table", 64), name_of("Lock", 8)));
}

TEST(LiveNames, OfAnArrayThatOnlyItsBlockSpeaksForAreWorseThanOnesOfARecord) {
  LiveName in_block = name_of("Lock", 256);
  in_block.is_by_block = true;
  EXPECT_TRUE(is_better_name(name_of("Table", 64), in_block));
  EXPECT_FALSE(is_better_name(in_block, name_of("Table", 64)));
  // Among scalars the array says more than the pointer to one of them.
  LiveName element = name_of("", 256);
  element.is_by_block = true;
  EXPECT_TRUE(is_better_name(element, name_of("", 8)));
}

}  // namespace
}  // namespace quarrel
