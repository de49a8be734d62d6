// Which translation units does a build have, and how are they compiled?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace quarrel {

/// One translation unit of compile_commands.json.
struct CompileCommand {
  std::string directory;               ///< absolute
  std::string file;                    ///< real path
  std::vector<std::string> arguments;  ///< for libclang: see compiler_arguments()
};

/// The compilation database of a build folder; empty `directory`: searched in build*/ and `.`.
/// Each source file once (the first entry wins), in order of path. Errors: no such file, not
/// JSON, no usable entry; the message tells how to make one.
Result<std::vector<CompileCommand>> read_compile_database(const std::string& directory);

/// The same for the text of a database that stands, or would stand, at `path`.
Result<std::vector<CompileCommand>> parse_compile_database(const std::string& text,
                                                           const std::string& path);

/// The folder that the database stands in; real path. Errors as above.
Result<std::string> find_build_folder(const std::string& directory);

/// Only those commands whose file is, or lies below, one of `paths`; all if there are none.
/// Error: a path that no translation unit matches.
Result<std::vector<CompileCommand>> restrict_to(std::vector<CompileCommand> commands,
                                                const std::vector<std::string>& paths);

/// Splits a command line as a POSIX shell does, without expansions.
std::vector<std::string> split_command(const std::string& command);

/// What libclang needs of a compiler's command line, with clang's own resource folder: only options
/// that change how a source is read. All others go, be they outputs, warnings, plugins or what only
/// gcc knows.
std::vector<std::string> compiler_arguments(const std::vector<std::string>& command);

}  // namespace quarrel
