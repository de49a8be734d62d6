// How do DWARF names, files and positions become the ids of SourceFacts?
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "model/source_facts.h"
#include "resolve/dwarf_tree.h"

namespace quarrel {

/// Enters symbols and files, each once, into the tables of the facts, which must outlive it.
class FactTables {
 public:
  /// Paths below `root` (without a slash at the end; may be empty) are kept relative to it.
  FactTables(SourceFacts& facts, std::string root) : facts_(facts), root_(std::move(root)) {}

  SymbolId symbol(const std::string& key);
  FileId file(const std::string& path);

  /// Where an entry is declared; an invalid file if DWARF does not say.
  SourcePos position_of(Dwarf_Die& entry);

  bool is_library_file(FileId file) const {
    return file.is_valid() && facts_.file_is_system[file.value];
  }

 private:
  SourceFacts& facts_;
  std::string root_;
  std::unordered_map<std::string, SymbolId> symbols_;
  std::unordered_map<std::string, FileId> files_;
  std::map<std::pair<Dwarf_CU*, uint64_t>, FileId> unit_files_;  // by unit and index in its table
};

}  // namespace quarrel
