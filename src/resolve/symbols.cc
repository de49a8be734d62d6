// What is the code at an address called, and where does it stand?
#include "resolve/symbols.h"

#include <fmt/format.h>

#include "resolve/dwarf_tree.h"
#include "resolve/names.h"
#include "resolve/source_lines.h"

namespace quarrel {

ModuleSymbols::ModuleSymbols(ModuleId module, const std::string& module_path, ElfFile* file,
                             const DebugPaths& paths)
    : module_(module),
      file_(file),
      short_name_(clean_name(module_path.substr(module_path.rfind('/') + 1))) {
  if (file == nullptr) return;
  info_.emplace(*file, module_path, paths);
  elf_symbols_.emplace(*file, info_->separate_file());
  functions_.emplace(*info_);
}

std::string ModuleSymbols::offset_name(uint64_t address) const {
  return fmt::format("{}+{:#x}", short_name_, address);
}

ResolvedFrame ModuleSymbols::resolve(uint64_t address, uint64_t call_adjustment) {
  ResolvedFrame frame;
  frame.module = module_;
  frame.module_offset = address;
  uint64_t lookup = address - call_adjustment;
  if (!add_from_debug_info(lookup, frame) && !add_from_go_table(lookup, frame))
    add_from_symbols(lookup, frame);
  if (frame.locations.empty()) frame.locations.push_back({});
  if (frame.locations.back().function.empty())
    frame.locations.back().function = offset_name(address);
  return frame;
}

namespace {

// The function's code may be in several ranges: GCC puts what is rarely run apart ("main.cold").
bool starts_range_of(Dwarf_Die& function, uint64_t address) {
  for (auto [start, end] : ranges_of(function))
    if (start == address) return true;
  return false;
}

}  // namespace

// A C function may have a private name in the debug information and a public alias in the symbol
// table (glibc: ___pthread_mutex_lock); the reader knows the public one. GCC gives no linkage name
// to functions that no other unit can call, but a mangled symbol.
std::string ModuleSymbols::function_name_of(Dwarf_Die& function, bool is_inlined,
                                            uint64_t address) {
  std::string linkage = linkage_name_of(function);
  if (linkage.starts_with("_Z") || linkage.starts_with("_R")) return function_name(linkage);
  const ElfSymbol* symbol = elf_symbols_->function_at(address);
  if (!is_inlined && linkage.empty() && symbol != nullptr &&
      starts_range_of(function, symbol->address))
    return function_name(symbol->name);
  return shorten_type(qualified_name_of(function, parents_));
}

bool ModuleSymbols::add_from_debug_info(uint64_t address, ResolvedFrame& frame) {
  auto unit = info_ ? info_->unit_of(address) : std::nullopt;
  if (!unit) return false;
  const DwarfUnit& entries = info_->unit(*unit);
  CodeLocation place = source_line(entries, address);
  frame.has_line = place.line != 0;
  auto chain = functions_->chain_at(*unit, address);
  for (size_t i = 0; i < chain.size(); ++i) {
    bool is_inlined = i + 1 < chain.size();
    place.function = function_name_of(chain[i], is_inlined, address);
    frame.locations.push_back(place);
    if (is_inlined) place = call_site(entries, chain[i]);
  }
  frame.has_symbol = !chain.empty();
  if (chain.empty() && frame.has_line) {
    // Assembler files have lines but no function entries.
    add_from_symbols(address, frame);
    CodeLocation& location = frame.locations.front();
    place.function = location.function;
    location = place;
  }
  return !frame.locations.empty();
}

bool ModuleSymbols::add_from_go_table(uint64_t address, ResolvedFrame& frame) {
  if (file_ != nullptr && !has_read_go_table_) go_table_ = read_go_table(*file_);
  has_read_go_table_ = true;
  if (!go_table_) return false;
  auto locations = go_table_->locations_at(address);
  if (locations.empty() || locations.back().function.empty()) return false;
  frame.has_symbol = true;
  frame.has_line = locations.front().line != 0;
  frame.locations = std::move(locations);
  return true;
}

void ModuleSymbols::add_from_symbols(uint64_t address, ResolvedFrame& frame) const {
  const ElfSymbol* symbol = elf_symbols_ ? elf_symbols_->function_at(address) : nullptr;
  frame.locations.push_back({});
  if (symbol == nullptr) return;
  frame.locations.back().function = function_name(symbol->name);
  frame.has_symbol = true;
}

}  // namespace quarrel
