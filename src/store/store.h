// How do recordings and facts get to disk and safely back?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/recording.h"
#include "model/source_facts.h"

namespace quarrel {

/// What a `.quarrel` file holds; it may hold both.
struct FileContents {
  bool has_recording = false;
  bool has_facts = false;
};

/// Writes a recording while it grows: each checkpoint is one transaction, so that a crash loses at
/// most what came since the last. The file is created with mode 0600.
class RecordingWriter {
 public:
  /// Fails if `path` exists (unless `overwrite`), or cannot be created.
  static Result<std::unique_ptr<RecordingWriter>> create(const std::string& path, bool overwrite);
  ~RecordingWriter();

  /// Appends what is new in the growing tables and rewrites the totals.
  Result<void> checkpoint(const Recording& recording);

  /// False if no checkpoint succeeded: then the file is of no use.
  bool has_data() const;

 private:
  struct State;
  explicit RecordingWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads a recording. The file is untrusted: every id and enum is checked, a damaged or foreign
/// file is an Error that names it.
Result<Recording> read_recording(const std::string& path);

/// The same for the bytes of a file.
Result<Recording> recording_from_bytes(const std::string& bytes);

/// Writes facts into a new file with mode 0600. Same facts, same bytes.
Result<void> write_facts(const std::string& path, const SourceFacts& facts, bool overwrite);
Result<SourceFacts> read_facts(const std::string& path);

/// The same facts as bytes in memory: what a scan worker hands to its parent.
Result<std::string> facts_to_bytes(const SourceFacts& facts);
Result<SourceFacts> facts_from_bytes(const std::string& bytes);

/// Which parts a file holds. Errors: not a .quarrel file, a newer format, damaged.
Result<FileContents> inspect_file(const std::string& path);

}  // namespace quarrel
