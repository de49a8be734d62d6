// Which symbol of an ELF file covers an address?
#pragma once

#include <gelf.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "resolve/elf_file.h"

namespace quarrel {

struct ElfSymbol {
  uint64_t address = 0;
  uint64_t size = 0;
  const char* name = nullptr;  ///< mangled; lives as long as its file is open
  bool is_function = false;    ///< else a data object
};

/// Functions and data objects of .symtab and .dynsym with their extents. An address outside of
/// every extent has no symbol: the nearest one below would be a guess.
class ElfSymbols {
 public:
  /// `separate` may be null.
  ElfSymbols(const ElfFile& main, const ElfFile* separate);

  const ElfSymbol* function_at(uint64_t address) const { return find(functions_, address); }
  const ElfSymbol* object_at(uint64_t address) const { return find(objects_, address); }
  /// By the offset in the module's block of thread-locals.
  const ElfSymbol* thread_local_at(uint64_t offset) const { return find(thread_locals_, offset); }

 private:
  void read(Elf* elf);
  void read_table(Elf* elf, Elf_Scn* section);
  std::vector<ElfSymbol>* list_of(const GElf_Sym& symbol);
  static void order(std::vector<ElfSymbol>& symbols);
  static const ElfSymbol* find(const std::vector<ElfSymbol>& symbols, uint64_t address);

  std::vector<ElfSymbol> functions_;  // sorted by address, one name each
  std::vector<ElfSymbol> objects_;
  std::vector<ElfSymbol> thread_locals_;
};

}  // namespace quarrel
