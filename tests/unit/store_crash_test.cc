// What is left of a recording when its writer is killed at any moment?
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "store/database.h"
#include "store/store.h"
#include "unit/random_model.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

constexpr int kKills = 12;

/// Writes checkpoints until it is killed, and reports each that is complete. The number of the
/// checkpoint is the duration of the recording.
[[noreturn]] void write_forever(const std::string& path, int report) {
  RandomModel random(7);
  Recording recording = random.recording();
  auto writer = RecordingWriter::create(path, false);
  if (!writer) _exit(1);
  for (uint64_t number = 1;; ++number) {
    for (int step = 0; step < 4; ++step) random.grow(recording);
    recording.run.duration_ns = number;
    if (!(*writer)->checkpoint(recording)) _exit(1);
    if (::write(report, &number, sizeof number) != sizeof number) _exit(1);
  }
}

/// Kills a writer `checkpoints` checkpoints and some microseconds after its start; returns the
/// number of the last checkpoint that it called complete.
uint64_t kill_writer_after(const std::string& path, uint64_t checkpoints, useconds_t delay_us) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) write_forever(path, ends[1]);
  ::close(ends[1]);
  uint64_t number = 0;
  while (number < checkpoints && ::read(ends[0], &number, sizeof number) == sizeof number) {
  }
  ::usleep(delay_us);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(ends[0], &number, sizeof number) == sizeof number) {
  }
  ::close(ends[0]);
  return number;
}

/// A closed recording of `before`, and beside it the state of a writer killed inside a checkpoint:
/// pages of the unfinished checkpoint already in the file, the old ones in the journal.
std::optional<std::string> killed_in_checkpoint(const TemporaryFolder& folder,
                                                const Recording& before) {
  const std::string path = folder.file("live.quarrel");
  {
    auto writer = RecordingWriter::create(path, false);
    if (!writer || !(*writer)->checkpoint(before)) return std::nullopt;
  }
  auto database = Database::open(path, Database::Mode::kReadWrite, path);
  if (!database || !database->execute("PRAGMA synchronous = off; PRAGMA cache_size = 1;"
                                      "BEGIN; UPDATE line_samples SET cpu = 1;"
                                      "UPDATE frames SET pc_address = 1;"
                                      "DELETE FROM threads; UPDATE run SET pid = 1;"))
    return std::nullopt;
  for (const char* suffix : {"", "-journal"})
    std::filesystem::copy_file(path + suffix, folder.file("killed.quarrel") + suffix);
  return folder.file("killed.quarrel");
}

Recording large_recording() {
  RandomModel random(8);
  Recording recording = random.recording();
  for (int step = 0; step < 30; ++step) random.grow(recording);
  return recording;
}

TEST(StoreCrash, AKilledWriterLeavesAtLeastItsLastCompleteCheckpoint) {
  for (int run = 0; run < kKills; ++run) {
    const TemporaryFolder folder;
    const std::string path = folder.file("a.quarrel");
    const uint64_t last = kill_writer_after(path, 1 + run, static_cast<useconds_t>(run) * 700);
    ASSERT_GE(last, 1U);
    const auto recording = read_recording(path);
    ASSERT_TRUE(recording.ok()) << recording.error().message;
    EXPECT_GE(recording->run.duration_ns, last);
    EXPECT_LE(recording->run.duration_ns, last + 1);
  }
}

TEST(StoreCrash, AnUnfinishedCheckpointIsUndoneWithoutTouchingTheFiles) {
  const TemporaryFolder folder;
  const Recording before = large_recording();
  const auto path = killed_in_checkpoint(folder, before);
  ASSERT_TRUE(path.has_value());
  const std::string file_bytes = bytes_of(*path);
  const std::string journal_bytes = bytes_of(*path + "-journal");
  ASSERT_NE(file_bytes, bytes_of(folder.file("no such file")));
  const auto back = read_recording(*path);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == before);
  EXPECT_TRUE(bytes_of(*path) == file_bytes);
  EXPECT_TRUE(bytes_of(*path + "-journal") == journal_bytes);
}

TEST(StoreCrash, WithoutItsJournalAnUnfinishedCheckpointIsNotWhatWasWritten) {
  const TemporaryFolder folder;
  const Recording before = large_recording();
  const auto path = killed_in_checkpoint(folder, before);
  ASSERT_TRUE(path.has_value());
  std::filesystem::remove(*path + "-journal");
  const auto back = read_recording(*path);
  EXPECT_FALSE(back.ok() && *back == before);
}

TEST(StoreCrash, AJournalThatNamesAnotherFileIsRefusedAndTheFileSurvives) {
  const TemporaryFolder folder;
  const auto path = killed_in_checkpoint(folder, large_recording());
  ASSERT_TRUE(path.has_value());
  const std::string victim = folder.file("victim");
  put_bytes(victim, "precious");
  uint32_t sum = 0;
  for (const char letter : victim) sum += static_cast<unsigned char>(letter);
  const auto big_endian = [](uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  };
  const std::string record = big_endian(1 + (1U << 30) / 4096) + victim +
                             big_endian(static_cast<uint32_t>(victim.size())) + big_endian(sum) +
                             std::string("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  put_bytes(*path + "-journal", bytes_of(*path + "-journal") + record);
  const auto back = read_recording(*path);
  EXPECT_EQ(bytes_of(victim), "precious");
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message.find("names another file"), std::string::npos);
}

TEST(StoreCrash, AWriterKilledBeforeItsFirstCheckpointIsSaidToHaveWrittenNothing) {
  const TemporaryFolder folder;
  ASSERT_TRUE(RecordingWriter::create(folder.file("a.quarrel"), false).ok());
  const auto back = read_recording(folder.file("a.quarrel"));
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message.find("its writer stopped before the first data"),
            std::string::npos);
}

TEST(StoreCrash, AReaderBesideARunningWriterSeesTheLastCheckpoint) {
  const TemporaryFolder folder;
  const Recording recording = large_recording();
  auto writer = RecordingWriter::create(folder.file("a.quarrel"), false);
  ASSERT_TRUE(writer.ok() && (*writer)->checkpoint(recording).ok());
  const auto back = read_recording(folder.file("a.quarrel"));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_TRUE(*back == recording);
  EXPECT_TRUE((*writer)->checkpoint(recording).ok());
}

}  // namespace
}  // namespace quarrel
