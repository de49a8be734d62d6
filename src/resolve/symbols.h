// What is the code at an address called, and where does it stand?
#pragma once

#include <optional>
#include <string>

#include "model/profile.h"
#include "resolve/debug_info.h"
#include "resolve/elf_symbols.h"
#include "resolve/entry_parents.h"
#include "resolve/function_index.h"
#include "resolve/go_program.h"
#include "resolve/modules.h"

namespace quarrel {

/// Everything known about the code of one module while its files are open.
class ModuleSymbols {
 public:
  /// `file` is null if the module cannot be read; then every name is "module+0x...".
  ModuleSymbols(ModuleId module, const std::string& module_path, ElfFile* file,
                const DebugPaths& paths);

  /// Names the code at an ELF virtual address. `call_adjustment` is 1 for return addresses: the
  /// call is looked up, while module_offset stays the return address.
  ResolvedFrame resolve(uint64_t address, uint64_t call_adjustment);

  const DebugInfo* debug_info() const { return info_ ? &*info_ : nullptr; }
  const ElfSymbols* elf_symbols() const { return elf_symbols_ ? &*elf_symbols_ : nullptr; }
  FunctionIndex* functions() { return functions_ ? &*functions_ : nullptr; }

  /// "libfoo.so+0x1234": what is shown for what has no name.
  std::string offset_name(uint64_t address) const;

 private:
  bool add_from_debug_info(uint64_t address, ResolvedFrame& frame);
  bool add_from_go_table(uint64_t address, ResolvedFrame& frame);
  void add_from_symbols(uint64_t address, ResolvedFrame& frame) const;
  std::string function_name_of(Dwarf_Die& function, bool is_inlined, uint64_t address);

  ModuleId module_;
  ElfFile* file_;
  std::string short_name_;
  std::optional<DebugInfo> info_;
  std::optional<ElfSymbols> elf_symbols_;
  std::optional<FunctionIndex> functions_;
  bool has_read_go_table_ = false;
  std::optional<GoTable> go_table_;  // only read for code without debug information
  EntryParents parents_;
};

}  // namespace quarrel
