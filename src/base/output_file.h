// How does a file get to disk without harming what is there?
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace quarrel {

/// Whether write_output_file() can succeed: worth asking before a long recording. An error says
/// what is in the way: a file without `overwrite`, no such folder, no permission.
Result<void> check_output_file(const std::string& path, bool overwrite);

/// Writes `text` to a new file with mode 0600. Without `overwrite`, an existing file is an error
/// that names --force. The file appears whole or not at all: it is written beside its place and
/// then renamed.
Result<void> write_output_file(const std::string& path, std::string_view text, bool overwrite);

}  // namespace quarrel
