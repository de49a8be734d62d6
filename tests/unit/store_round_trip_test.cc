// Does everything that is written come back, and the same model as the same bytes?
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/store.h"
#include "unit/random_model.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

constexpr uint32_t kSeeds = 20;

void write(const std::string& path, const std::vector<Recording>& checkpoints) {
  auto writer = RecordingWriter::create(path, false);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  for (const Recording& recording : checkpoints) {
    const auto done = (*writer)->checkpoint(recording);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
}

TEST(StoreRoundTrip, ARecordingComesBackAsItWasWritten) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const TemporaryFolder folder;
    const Recording recording = RandomModel(seed).recording();
    write(folder.file("a.quarrel"), {recording});
    const auto back = read_recording(folder.file("a.quarrel"));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == recording) << "seed " << seed;
  }
}

TEST(StoreRoundTrip, AGrowingRecordingComesBackAsItWasAtItsLastCheckpoint) {
  const TemporaryFolder folder;
  RandomModel random(1);
  std::vector<Recording> checkpoints{Recording{}};
  for (int step = 0; step < 8; ++step) {
    checkpoints.push_back(checkpoints.back());
    random.grow(checkpoints.back());
  }
  write(folder.file("a.quarrel"), checkpoints);
  const auto back = read_recording(folder.file("a.quarrel"));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == checkpoints.back());
}

TEST(StoreRoundTrip, AVectorThatShrankIsWrittenAnew) {
  const TemporaryFolder folder;
  Recording recording = RandomModel(2).recording();
  Recording shorter = recording;
  shorter.line_samples.resize(recording.line_samples.size() / 2);
  shorter.exemplars.clear();
  write(folder.file("a.quarrel"), {recording, shorter});
  const auto back = read_recording(folder.file("a.quarrel"));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == shorter);
}

TEST(StoreRoundTrip, TheSameCheckpointsMakeTheSameBytes) {
  const TemporaryFolder folder;
  RandomModel random(3);
  std::vector<Recording> checkpoints{random.recording()};
  checkpoints.push_back(checkpoints.back());
  random.grow(checkpoints.back());
  write(folder.file("a.quarrel"), checkpoints);
  write(folder.file("b.quarrel"), checkpoints);
  EXPECT_TRUE(bytes_of(folder.file("a.quarrel")) == bytes_of(folder.file("b.quarrel")));
}

TEST(StoreRoundTrip, AClosedRecordingIsOnePrivateFile) {
  const TemporaryFolder folder;
  write(folder.file("a.quarrel"), {RandomModel(4).recording()});
  struct stat status{};
  ASSERT_EQ(::stat(folder.file("a.quarrel").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600);
  const std::filesystem::directory_iterator files(folder.file(""));
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(StoreRoundTrip, FactsComeBackAsTheyWereWritten) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const TemporaryFolder folder;
    const SourceFacts facts = RandomModel(seed).facts();
    const auto done = write_facts(folder.file("a.quarrel"), facts, false);
    ASSERT_TRUE(done.ok()) << done.error().message;
    const auto back = read_facts(folder.file("a.quarrel"));
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_TRUE(*back == facts) << "seed " << seed;
  }
}

TEST(StoreRoundTrip, FactsWithoutAnyEntityComeBackEmpty) {
  const auto bytes = facts_to_bytes(SourceFacts{});
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  const auto back = facts_from_bytes(*bytes);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == SourceFacts{});
}

TEST(StoreRoundTrip, FactsOnDiskAndInMemoryAreTheSameBytes) {
  const TemporaryFolder folder;
  const SourceFacts facts = RandomModel(5).facts();
  ASSERT_TRUE(write_facts(folder.file("a.quarrel"), facts, false).ok());
  const auto first = facts_to_bytes(facts);
  const auto second = facts_to_bytes(facts);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(*first == *second);
  EXPECT_TRUE(*first == bytes_of(folder.file("a.quarrel")));
}

TEST(StoreRoundTrip, AFileSaysWhatItHolds) {
  const TemporaryFolder folder;
  write(folder.file("a.quarrel"), {RandomModel(6).recording()});
  ASSERT_TRUE(write_facts(folder.file("b.quarrel"), RandomModel(6).facts(), false).ok());
  const auto a = inspect_file(folder.file("a.quarrel"));
  const auto b = inspect_file(folder.file("b.quarrel"));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(a->has_recording && !a->has_facts);
  EXPECT_TRUE(b->has_facts && !b->has_recording);
}

}  // namespace
}  // namespace quarrel
