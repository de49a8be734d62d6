// Is a finding the same finding whatever the order in which its fields were met?
#include "model/fingerprint.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

TEST(Fingerprint, DoesNotDependOnTheOrderOfFields) {
  EXPECT_EQ(fingerprint_of("false-sharing", "Counters", {"a", "b"}),
            fingerprint_of("false-sharing", "Counters", {"b", "a", "a"}));
}

TEST(Fingerprint, DiffersWhenTheRuleTheRecordOrAFieldDiffers) {
  const std::string one = fingerprint_of("false-sharing", "Counters", {"a", "b"});
  EXPECT_NE(one, fingerprint_of("mixed-access", "Counters", {"a", "b"}));
  EXPECT_NE(one, fingerprint_of("false-sharing", "Counter", {"a", "b"}));
  EXPECT_NE(one, fingerprint_of("false-sharing", "Counters", {"a", "c"}));
  EXPECT_NE(fingerprint_of("r", "ab", {"c"}), fingerprint_of("r", "a", {"bc"}));
}

TEST(Fingerprint, HasTheLengthOfASha256) {
  EXPECT_EQ(fingerprint_of("r", "", {}).size(), 64u);
}

TEST(Fingerprint, IsThatOfAllElementsOfAnArray) {
  EXPECT_EQ(without_indices("g_shards[12].slots[3].mu"), "g_shards[].slots[].mu");
  EXPECT_EQ(without_indices("Ring<long [8]>::head[at]"), "Ring<long []>::head[at]");
  EXPECT_EQ(without_indices("odd[1"), "odd[1");
  EXPECT_EQ(fingerprint_of("lock-contention", "Map", {"locks_[5]"}),
            fingerprint_of("lock-contention", "Map", {"locks_[0]", "locks_[5]"}));
}

}  // namespace
}  // namespace quarrel
