// Does a damaged, foreign or forged file end in an Error that names it, and never in a crash?
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "store/database.h"
#include "store/schema.h"
#include "store/store.h"
#include "unit/random_model.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr int kFlips = 500;

/// A good recording, which the tests damage.
class StoreUntrusted : public testing::Test {
 protected:
  StoreUntrusted() : path_(folder_.file("a.quarrel")) {
    auto writer = RecordingWriter::create(path_, false);
    EXPECT_TRUE(writer.ok());
    const auto done = (*writer)->checkpoint(RandomModel(11).recording());
    EXPECT_TRUE(done.ok()) << done.error().message;
  }

  void alter(const char* sql) {
    auto database = Database::open(path_, Database::Mode::kReadWrite, path_);
    ASSERT_TRUE(database.ok());
    const auto done = database->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

  /// The message of the refusal, or "" if the file was accepted.
  std::string refusal() const {
    const auto recording = read_recording(path_);
    if (recording.ok()) return {};
    EXPECT_NE(recording.error().message.find(path_), std::string::npos) << "names no file";
    return recording.error().message;
  }

  void expect_refused(const char* sql, const std::string& why) {
    alter(sql);
    EXPECT_NE(refusal().find(why), std::string::npos) << sql << "\n" << refusal();
  }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(StoreUntrusted, AnUnchangedFileIsAccepted) {
  EXPECT_EQ(refusal(), "");
}

TEST_F(StoreUntrusted, AMissingFileIsAnErrorThatNamesIt) {
  std::filesystem::remove(path_);
  EXPECT_NE(refusal().find("No such file"), std::string::npos);
}

TEST_F(StoreUntrusted, ATextFileIsNotAQuarrelFile) {
  put_bytes(path_, std::string(5000, 'x'));
  EXPECT_NE(refusal().find("not a .quarrel file"), std::string::npos);
}

TEST_F(StoreUntrusted, AnEmptyFileIsSaidToBeEmpty) {
  put_bytes(path_, "");
  EXPECT_NE(refusal().find("empty"), std::string::npos);
}

TEST_F(StoreUntrusted, AFolderOrANamedPipeIsNoRegularFile) {
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
}

TEST_F(StoreUntrusted, AForeignDatabaseIsNotAQuarrelFile) {
  expect_refused("PRAGMA application_id = 1", "not a .quarrel file");
}

TEST_F(StoreUntrusted, ANewerFormatAsksForAnUpdate) {
  expect_refused("PRAGMA user_version = 2", "written by a newer quarrel (format 2");
}

TEST_F(StoreUntrusted, AnImpossibleFormatIsDamage) {
  expect_refused("PRAGMA user_version = -1", "version is damaged");
}

TEST_F(StoreUntrusted, AViewThatPosesAsATableIsRefused) {
  expect_refused(
      "ALTER TABLE frames RENAME TO real; CREATE VIEW frames AS SELECT id, caller_id, pc_address, "
      "is_return_address FROM real",
      "foreign");
}

TEST_F(StoreUntrusted, ATableWithOtherColumnsIsRefused) {
  expect_refused("ALTER TABLE wait_slices ADD COLUMN x INTEGER", "foreign columns");
}

TEST_F(StoreUntrusted, AMissingTableIsRefused) {
  expect_refused("DROP TABLE source_units", "source_units is missing");
}

TEST_F(StoreUntrusted, AnExtraTableIsRefused) {
  expect_refused("CREATE TABLE extra (x)", "foreign table 'extra'");
}

TEST_F(StoreUntrusted, AForeignIndexIsRefused) {
  expect_refused("CREATE INDEX i ON frames (abs(pc_address))", "foreign index 'i'");
}

TEST_F(StoreUntrusted, AForeignTriggerIsRefused) {
  expect_refused("CREATE TRIGGER t AFTER INSERT ON frames BEGIN SELECT 1; END",
                 "foreign trigger 't'");
}

TEST_F(StoreUntrusted, AViewThatTheUserAddedIsHarmless) {
  alter("CREATE VIEW mine AS SELECT * FROM frames; DROP VIEW coverage_law");
  EXPECT_EQ(refusal(), "");
}

TEST_F(StoreUntrusted, AWriteAheadLogIsExplained) {
  expect_refused("PRAGMA journal_mode = wal", "journal_mode = delete");
}

TEST_F(StoreUntrusted, IdsThatNameNoRowAreRefused) {
  expect_refused("UPDATE line_samples SET thread_id = 100000 WHERE id = 0", "names no row");
}

TEST_F(StoreUntrusted, NegativeIdsAreRefused) {
  expect_refused("UPDATE lock_waits SET waiter_thread_id = -1 WHERE id = 0", "names no row");
}

TEST_F(StoreUntrusted, AFrameWhoseCallerComesLaterIsRefused) {
  expect_refused("UPDATE frames SET caller_id = 0 WHERE id = 0", "caller_id 0 names no row");
}

TEST_F(StoreUntrusted, AGapInTheIdsIsRefused) {
  expect_refused("DELETE FROM modules WHERE id = 0", "ids do not count from 0");
}

TEST_F(StoreUntrusted, RowsOfNoParentAreRefused) {
  expect_refused("INSERT INTO line_sample_peers VALUES (99999, 0, 0)", "belongs to no row");
}

TEST_F(StoreUntrusted, AGapInThePositionsIsRefused) {
  expect_refused("DELETE FROM line_sample_peers; INSERT INTO line_sample_peers VALUES (0, 1, 0)",
                 "positions do not count");
}

TEST_F(StoreUntrusted, UnknownWordsAreRefused) {
  expect_refused("UPDATE stacks SET status = 'splendid' WHERE id = 0", "unknown word 'splendid'");
}

TEST_F(StoreUntrusted, NumbersThatDoNotFitAreRefused) {
  expect_refused("UPDATE line_sample_accesses SET size_bytes = 65536",
                 "size_bytes 65536 is out of range");
}

TEST_F(StoreUntrusted, NegativeAmountsAreRefused) {
  expect_refused("UPDATE lock_waits SET total_wait_ns = -1 WHERE id = 0", "out of range");
}

TEST_F(StoreUntrusted, FlagsOtherThanZeroAndOneAreRefused) {
  expect_refused("UPDATE mappings SET is_executable = 2", "is not 0 or 1");
}

TEST_F(StoreUntrusted, RegistersOfAWrongSizeAreRefused) {
  expect_refused("UPDATE exemplars SET registers = x'00' WHERE id = 0", "wrong size");
}

TEST_F(StoreUntrusted, BucketsBeyondTheHistogramAreRefused) {
  expect_refused("INSERT INTO lock_stats_buckets VALUES (0, 116, 1)", "bucket is out of range");
}

TEST_F(StoreUntrusted, TwoRunsAreRefused) {
  expect_refused(
      "INSERT INTO run SELECT 1, tool_version, command, pid, kernel, machine, "
      "cpu_model, cpus, line_size_bytes, start_ns, duration_ns, stop_reason, "
      "sample_period_ns FROM run",
      "run does not have one row");
}

TEST_F(StoreUntrusted, ACacheLineOfThreeBytesIsRefused) {
  expect_refused("UPDATE run SET line_size_bytes = 3", "no cache line");
}

TEST_F(StoreUntrusted, MappingsOutOfOrderAreRefused) {
  expect_refused("UPDATE mappings SET start_address = 9, end_address = 8 WHERE id = 0",
                 "not sorted");
}

TEST_F(StoreUntrusted, SlicesOfYearsAreRefused) {
  expect_refused("UPDATE wait_slices SET slice = 4294967295", "out of range");
}

TEST_F(StoreUntrusted, AskingARecordingForFactsSaysWhatItHolds) {
  const auto facts = read_facts(path_);
  ASSERT_FALSE(facts.ok());
  EXPECT_NE(facts.error().message.find("only a recording"), std::string::npos);
}

TEST_F(StoreUntrusted, AFileCutAtAnyPageIsRefused) {
  const std::string whole = bytes_of(path_);
  for (size_t size = 0; size < whole.size(); size += kPageBytes) {
    put_bytes(path_, whole.substr(0, size));
    EXPECT_NE(refusal(), "") << "cut to " << size << " bytes";
  }
}

TEST_F(StoreUntrusted, FlippedBitsGiveAnErrorOrAValidRecording) {
  const std::string whole = bytes_of(path_);
  std::mt19937 engine(5);
  int accepted = 0;
  for (int flip = 0; flip < kFlips; ++flip) {
    std::string damaged = whole;
    damaged[engine() % damaged.size()] ^= static_cast<char>(1U << engine() % 8);
    put_bytes(path_, damaged);
    accepted += refusal().empty() ? 1 : 0;
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kFlips);
}

TEST_F(StoreUntrusted, FlippedBitsInFactsGiveAnErrorOrValidFacts) {
  const auto bytes = facts_to_bytes(RandomModel(12).facts());
  ASSERT_TRUE(bytes.ok());
  std::mt19937 engine(6);
  for (int flip = 0; flip < kFlips; ++flip) {
    std::string damaged = *bytes;
    damaged[engine() % damaged.size()] ^= static_cast<char>(1U << engine() % 8);
    const auto facts = facts_from_bytes(damaged);
    EXPECT_TRUE(facts.ok() || !facts.error().message.empty());
  }
}

TEST_F(StoreUntrusted, AnExistingFileIsOverwrittenOnlyWhenAsked) {
  const std::string before = bytes_of(path_);
  const auto refused = RecordingWriter::create(path_, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("it exists"), std::string::npos);
  EXPECT_FALSE(write_facts(path_, SourceFacts{}, false).ok());
  EXPECT_TRUE(bytes_of(path_) == before);
  EXPECT_TRUE(RecordingWriter::create(path_, true).ok());
  EXPECT_FALSE(bytes_of(path_) == before);
}

TEST_F(StoreUntrusted, OverwritingALinkLeavesItsTargetAlone) {
  const std::string link = folder_.file("link.quarrel");
  std::filesystem::create_symlink(path_, link);
  const std::string before = bytes_of(path_);
  EXPECT_TRUE(write_facts(link, SourceFacts{}, true).ok());
  EXPECT_TRUE(bytes_of(path_) == before);
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST_F(StoreUntrusted, AFolderIsNeverOverwritten) {
  EXPECT_FALSE(write_facts(folder_.file(""), SourceFacts{}, true).ok());
}

TEST_F(StoreUntrusted, AMissingFolderIsNamed) {
  const auto done = write_facts(folder_.file("none/a.quarrel"), SourceFacts{}, false);
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message.find("there is no folder"), std::string::npos);
}

TEST_F(StoreUntrusted, AStaleJournalIsNotReplayedIntoANewFile) {
  const std::string path = folder_.file("new.quarrel");
  put_bytes(path + "-journal", std::string(9000, '\x5a'));
  auto writer = RecordingWriter::create(path, false);
  ASSERT_TRUE(writer.ok()) << writer.error().message;
  EXPECT_TRUE((*writer)->checkpoint(RandomModel(13).recording()).ok());
  EXPECT_TRUE(read_recording(path).ok());
}

TEST_F(StoreUntrusted, ARecordingWithoutAWaiterIsNotWritten) {
  Recording recording = RandomModel(14).recording();
  recording.wait_stacks.front().waiter = ThreadId{};
  auto writer = RecordingWriter::create(folder_.file("b.quarrel"), false);
  ASSERT_TRUE(writer.ok());
  const auto done = (*writer)->checkpoint(recording);
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message.find("wait_stacks row 0: waiter_thread_id is missing"),
            std::string::npos);
}

}  // namespace
}  // namespace quarrel
