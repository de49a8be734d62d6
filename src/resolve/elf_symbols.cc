// Which symbol of an ELF file covers an address?
#include "resolve/elf_symbols.h"

#include <gelf.h>

#include <algorithm>
#include <cstring>

namespace quarrel {
namespace {

constexpr size_t kMaxSymbols = 8'000'000;  // libLLVM has 200,000, browsers 2 million

// Assembler stubs such as glibc's __restore_rt have no size; they are this long at most.
constexpr uint64_t kMaxUnsizedFunction = 64;

size_t leading_underscores(const char* name) {
  return std::strspn(name, "_");
}

// Of several names for one address the public one: "pthread_mutex_lock" before
// "___pthread_mutex_lock". Mangled names start with _Z or __Z.
bool is_better_name(const char* a, const char* b) {
  size_t a_depth = leading_underscores(a);
  size_t b_depth = leading_underscores(b);
  if (a_depth != b_depth) return a_depth < b_depth;
  size_t a_length = std::strlen(a);
  size_t b_length = std::strlen(b);
  return a_length != b_length ? a_length < b_length : std::strcmp(a, b) < 0;
}

}  // namespace

ElfSymbols::ElfSymbols(const ElfFile& main, const ElfFile* separate) {
  read(main.elf());
  if (separate != nullptr) read(separate->elf());
  order(functions_);
  order(objects_);
  order(thread_locals_);
}

void ElfSymbols::read(Elf* elf) {
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) read_table(elf, section);
  }
}

void ElfSymbols::read_table(Elf* elf, Elf_Scn* section) {
  GElf_Shdr header;
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0)
    return;
  size_t count = std::min<size_t>(data->d_size / header.sh_entsize, kMaxSymbols);
  for (size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    std::vector<ElfSymbol>* list = list_of(symbol);
    if (list == nullptr) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    list->push_back({symbol.st_value, symbol.st_size, name, list == &functions_});
  }
}

/// Null for what names no code and no data of this file.
std::vector<ElfSymbol>* ElfSymbols::list_of(const GElf_Sym& symbol) {
  if (symbol.st_shndx == SHN_UNDEF) return nullptr;
  switch (GELF_ST_TYPE(symbol.st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
      return symbol.st_value != 0 ? &functions_ : nullptr;
    case STT_OBJECT:
      return symbol.st_value != 0 && symbol.st_size != 0 ? &objects_ : nullptr;
    case STT_TLS:
      return symbol.st_size != 0 ? &thread_locals_ : nullptr;
    default:
      return nullptr;
  }
}

void ElfSymbols::order(std::vector<ElfSymbol>& symbols) {
  std::sort(symbols.begin(), symbols.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
    if (a.address != b.address) return a.address < b.address;
    if ((a.size == 0) != (b.size == 0)) return b.size == 0;
    return is_better_name(a.name, b.name);
  });
  auto end =
      std::unique(symbols.begin(), symbols.end(),
                  [](const ElfSymbol& a, const ElfSymbol& b) { return a.address == b.address; });
  symbols.erase(end, symbols.end());
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i].size != 0) continue;
    symbols[i].size = kMaxUnsizedFunction;
    if (i + 1 < symbols.size())
      symbols[i].size = std::min(kMaxUnsizedFunction, symbols[i + 1].address - symbols[i].address);
  }
}

const ElfSymbol* ElfSymbols::find(const std::vector<ElfSymbol>& symbols, uint64_t address) {
  auto after =
      std::upper_bound(symbols.begin(), symbols.end(), address,
                       [](uint64_t value, const ElfSymbol& s) { return value < s.address; });
  if (after == symbols.begin()) return nullptr;
  const ElfSymbol& symbol = *std::prev(after);
  return address - symbol.address < symbol.size ? &symbol : nullptr;
}

}  // namespace quarrel
