// How does a recording reach the disk while it grows, so that kill -9 costs at most a second?
//
// One checkpoint is one transaction with a rollback journal. Between checkpoints the file is
// complete by itself; a writer killed inside one leaves a journal beside it, from which readers
// (untrusted_file.cc, or plain sqlite3) restore the checkpoint before. A write-ahead log would
// leave most of the data outside the file all the time. Nothing is forced to the disk
// (synchronous = off): the kernel keeps what a dead process wrote, and an fsync each second would
// disturb the very program that is measured. The price: a power cut can cost the recording.
#include "store/new_file.h"
#include "store/recording_tables.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/table_writer.h"

namespace quarrel {
namespace {

constexpr const char* kPragmas =
    "PRAGMA journal_mode = delete;"
    "PRAGMA synchronous = off;"
    "PRAGMA locking_mode = normal;"  // others may read between checkpoints
    "PRAGMA temp_store = memory;";

}  // namespace

struct RecordingWriter::State {
  Database database;
  TableWriter tables;
  bool is_begun = false;  ///< the file says that it holds a recording

  explicit State(Database opened) : database(std::move(opened)), tables(database) {}
};

RecordingWriter::RecordingWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

RecordingWriter::~RecordingWriter() = default;

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::create(const std::string& path,
                                                                 bool overwrite) {
  TRY_VOID(create_private_file(path, overwrite));
  TRY(Database database, Database::open(path, Database::Mode::kReadWrite, path));
  TRY_VOID(database.execute(kPragmas));
  TRY(Transaction transaction, Transaction::begin(database));
  TRY_VOID(database.execute(schema_sql()));
  TRY_VOID(database.execute(views_sql()));
  TRY_VOID(transaction.commit());
  auto state = std::make_unique<State>(std::move(database));
  return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(state)));
}

bool RecordingWriter::has_data() const {
  return state_->is_begun;
}

Result<void> RecordingWriter::checkpoint(const Recording& recording) {
  TRY(Transaction transaction, Transaction::begin(state_->database));
  if (!state_->is_begun)
    TRY_VOID(state_->database.execute("INSERT INTO contents VALUES ('recording')"));
  const std::vector<Run> runs{recording.run};
  TableWriter tables = state_->tables;
  recording_tables(tables, runs, recording);
  TRY_VOID(tables.finish());
  TRY_VOID(transaction.commit());
  state_->tables = tables;
  state_->is_begun = true;
  return {};
}

}  // namespace quarrel
