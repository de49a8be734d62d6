// How does a new file come to be that only its owner can read, and that overwrites nothing?
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace quarrel {

/// Creates `path` with mode 0600 and no following of links; with `overwrite` a regular file (or
/// link) of that name is removed first. Under sudo the file belongs to who called sudo. Journals
/// that a killed writer left beside a former file of that name are removed: SQLite would replay
/// them into the new one. Errors: it exists, is no regular file, or the folder forbids it.
Result<Fd> create_private_file(const std::string& path, bool overwrite);

/// create_private_file, then all of `bytes`. A partly written file is removed.
Result<void> write_private_file(const std::string& path, std::string_view bytes, bool overwrite);

}  // namespace quarrel
