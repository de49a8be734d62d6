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

}  // namespace
}  // namespace quarrel
