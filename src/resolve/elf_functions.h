// Where do the functions of an ELF file begin, by name, and where does code stand in the file?
#pragma once

#include <gelf.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/recording.h"
#include "resolve/elf_file.h"

namespace quarrel {

/// The functions that .symtab and .dynsym define.
struct ElfFunctions {
  std::map<std::string, std::set<uint64_t>, std::less<>>
      by_name;                         ///< addresses: there may be several versions of one
  std::map<uint64_t, uint64_t> sizes;  ///< by address

  bool contains(std::string_view name) const { return by_name.contains(name); }
  std::set<uint64_t> addresses_of(std::string_view name) const;
};

ElfFunctions functions_of(Elf* elf);

/// The offset in the file of what is linked at `address`.
std::optional<uint64_t> file_offset_of(const ElfFile& file, uint64_t address);

/// Of which some executable mapping is.
std::vector<ModuleId> modules_with_code(const Recording& recording);

}  // namespace quarrel
