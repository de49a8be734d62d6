// What does the debug information of a binary say about layouts and globals, without its source?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/source_facts.h"
#include "resolve/debug_info.h"

namespace quarrel {

struct BinaryFactsOptions {
  DebugPaths paths{.sysroot = {}, .debug_path = "/usr/lib/debug"};
  std::string root;                  ///< paths below it are kept relative to it
  bool with_library_records = true;  ///< also those of the standard libraries
};

/// Records, global variables and units of an ELF file; no functions and no accesses, which DWARF
/// does not tell. Symbols are qualified names; of several records of one name, in the order of the
/// file, the second is "name#2". Alignments that DWARF leaves out follow from the members.
///
/// Errors: not an ELF file that quarrel reads; no debug information, neither its own nor in a
/// separate file. Damaged debug information yields what can be read of it.
Result<SourceFacts> read_binary_facts(const std::string& path, const BinaryFactsOptions& options);

/// The same of a file whose bytes are at hand; separate debug files are not looked for.
Result<SourceFacts> binary_facts_of(std::vector<char> image);

}  // namespace quarrel
