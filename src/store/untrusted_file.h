// How is a `.quarrel` file opened that anyone may have written?
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"
#include "store/store.h"

namespace quarrel {

/// Opens a file read-only and checks all but the values: that it is ours, of a version that we
/// know, undamaged, and that its tables are exactly ours. A journal left by a killed writer is
/// replayed in a private copy; the file itself is never written.
Result<Database> open_untrusted(const std::string& path);

/// The same for the bytes of a file; they must outlive the database.
Result<Database> open_untrusted_bytes(std::string_view bytes, std::string name);

/// Which parts the file holds, and an Error if it does not hold the one that is asked for.
Result<FileContents> contents_of(Database& database);
Result<void> require_contents(Database& database, std::string_view kind);

}  // namespace quarrel
