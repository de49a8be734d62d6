// What are the facts of one translation unit?
#pragma once

#include <string>
#include <vector>

#include "extract/compile_database.h"
#include "model/source_facts.h"

namespace quarrel {

/// Parses and walks one translation unit. Meant for a process of its own: it changes the working
/// directory, libclang may crash, and clang prints the layouts that apply_base_offsets() wants on
/// stdout, complete only when the process exits. `root`: real path of the project root. `files`
/// gets the real path of every file that was read.
SourceFacts extract_unit(const CompileCommand& command, const std::string& root,
                         std::vector<std::string>& files);

}  // namespace quarrel
