// Where do the functions of an ELF file begin, by name, and where does code stand in the file?
#include "resolve/elf_functions.h"

namespace quarrel {

std::set<uint64_t> ElfFunctions::addresses_of(std::string_view name) const {
  const auto place = by_name.find(name);
  return place == by_name.end() ? std::set<uint64_t>{} : place->second;
}

ElfFunctions functions_of(Elf* elf) {
  ElfFunctions found;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) continue;
    if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Sym symbol;
    for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if (name == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      found.by_name[name].insert(symbol.st_value);
      found.sizes[symbol.st_value] = symbol.st_size;
    }
  }
  return found;
}

std::optional<uint64_t> file_offset_of(const ElfFile& file, uint64_t address) {
  for (const LoadSegment& segment : file.segments())
    if (address - segment.virtual_address < segment.file_size)
      return address - segment.virtual_address + segment.file_offset;
  return std::nullopt;
}

std::vector<ModuleId> modules_with_code(const Recording& recording) {
  std::set<ModuleId> modules;
  for (const Mapping& mapping : recording.mappings)
    if (mapping.is_executable && mapping.module.value < recording.modules.size())
      modules.insert(mapping.module);
  return {modules.begin(), modules.end()};
}

}  // namespace quarrel
