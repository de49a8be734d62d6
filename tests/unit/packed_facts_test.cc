// Do packed facts come back as they were, and damaged ones as an Error or as valid facts?
#include "store/packed_facts.h"

#include <gtest/gtest.h>

#include <random>

#include "store/store.h"
#include "unit/random_model.h"

namespace quarrel {
namespace {

constexpr uint32_t kSeeds = 20;
constexpr int kFlips = 300;

TEST(PackedFacts, ComeBackAsTheyWerePacked) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const SourceFacts facts = RandomModel(seed).facts();
    const auto back = unpack_facts(pack_facts(facts));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == facts) << "seed " << seed;
  }
}

TEST(PackedFacts, WithoutAnyEntityComeBackEmpty) {
  const auto back = unpack_facts(pack_facts({}));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == SourceFacts{});
}

TEST(PackedFacts, AreSmallerThanAFileOfTheSameFacts) {
  const SourceFacts facts = RandomModel(3).facts();
  const auto file = facts_to_bytes(facts);
  ASSERT_TRUE(file.ok());
  EXPECT_LT(pack_facts(facts).size(), file->size());
}

TEST(PackedFacts, NoPartOfThemIsAccepted) {
  const std::string whole = pack_facts(RandomModel(4).facts());
  for (size_t size = 0; size < whole.size(); size += 1 + size / 64)
    EXPECT_FALSE(unpack_facts(std::string_view(whole).substr(0, size)).ok()) << size;
}

TEST(PackedFacts, BytesAfterThemAreRefused) {
  EXPECT_FALSE(unpack_facts(pack_facts(RandomModel(5).facts()) + '\0').ok());
}

TEST(PackedFacts, ALengthBeyondTheEndIsRefusedBeforeMemoryIsTaken) {
  EXPECT_FALSE(unpack_facts("\xff\xff\xff\xff\xff\xff\xff\xff\x7f").ok());
  EXPECT_FALSE(unpack_facts(std::string(100, '\xff')).ok());
}

TEST(PackedFacts, FlippedBitsGiveAnErrorOrValidFacts) {
  const std::string whole = pack_facts(RandomModel(12).facts());
  std::mt19937 engine(6);
  for (int flip = 0; flip < kFlips; ++flip) {
    std::string damaged = whole;
    damaged[engine() % damaged.size()] ^= static_cast<char>(1U << engine() % 8);
    const auto facts = unpack_facts(damaged);
    // A file refuses what is not valid.
    EXPECT_TRUE(!facts.ok() || facts_to_bytes(*facts).ok()) << "flip " << flip;
  }
}

}  // namespace
}  // namespace quarrel
