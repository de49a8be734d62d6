// Where is the DWARF of a module, and which of its units covers an address?
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolve/elf_file.h"

namespace quarrel {

struct DwarfEnd {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

/// A compilation unit. With split DWARF the tree of entries is in another file (`tree`), while the
/// line table stays with the skeleton (`lines`); otherwise both are the same entry.
struct DwarfUnit {
  Dwarf_Die tree{};
  Dwarf_Die lines{};
  bool is_tree_missing = false;  ///< split, and its .dwo file was not found, or not looked for yet
};

/// Where to look for debug files besides the module itself.
struct DebugPaths {
  std::string sysroot;
  std::string debug_path;  ///< "/usr/lib/debug"
  bool use_dwarf = true;   ///< false: only symbols are wanted
};

/// The debug information of one module: its own, or that of a separate file that is proved to be
/// of the same build by its build id (or by the CRC of .gnu_debuglink).
class DebugInfo {
 public:
  /// `module_path` is as the target sees it. `main` must outlive the object.
  DebugInfo(ElfFile& main, const std::string& module_path, const DebugPaths& paths);

  /// False if there is none; then units() is empty.
  bool is_available() const { return dwarf_ != nullptr; }

  /// True if there is some, but damaged or too large for the memory.
  bool is_unreadable() const { return is_unreadable_; }

  /// The separate file, or nullptr: its .symtab is often the only one.
  ElfFile* separate_file() const { return separate_.get(); }

  /// Every unit. With split DWARF this opens every .dwo file, which libdw keeps in memory: for a
  /// few units there is unit().
  const std::vector<DwarfUnit>& units() const;

  /// One of units(), by its index.
  const DwarfUnit& unit(size_t index) const;

  /// Split units whose .dwo file was asked for and not found.
  size_t missing_split_files() const { return missing_split_files_; }

  /// Units that hold one type each (-fdebug-types-section), and those that dwz moved to a file of
  /// their own.
  const std::vector<Dwarf_Die>& type_units() const { return type_units_; }

  /// Index into units() of the unit that covers an ELF virtual address.
  std::optional<size_t> unit_of(uint64_t address) const;

 private:
  struct Range {
    uint64_t start = 0;
    uint64_t end = 0;
    size_t unit = 0;
  };
  void read_units();
  void read_common_units();
  void find_common_file(const DebugPaths& paths);

  bool is_unreadable_ = false;
  mutable size_t missing_split_files_ = 0;
  std::unique_ptr<ElfFile> separate_;
  std::unique_ptr<ElfFile> common_;
  std::unique_ptr<Dwarf, DwarfEnd> common_dwarf_;
  std::unique_ptr<Dwarf, DwarfEnd> dwarf_;  // refers to those above
  mutable std::vector<DwarfUnit> units_;
  mutable std::vector<bool> is_split_pending_;  // parallel to units_: a .dwo file is not yet open
  std::vector<Dwarf_Die> type_units_;
  std::vector<Range> ranges_;  // sorted by start
};

}  // namespace quarrel
