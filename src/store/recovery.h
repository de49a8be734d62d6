// How is a file read whose writer was killed in the middle of a checkpoint?
#pragma once

#include <string>

#include "base/result.h"
#include "store/database.h"

namespace quarrel {

/// Replays the journal beside `path` in a private copy of both files and opens the copy, which
/// vanishes with the Database. Works on read-only media and leaves the evidence as it is. Errors:
/// no space for the copy, or a journal that SQLite never wrote for us.
Result<Database> open_recovered(const std::string& path);

}  // namespace quarrel
