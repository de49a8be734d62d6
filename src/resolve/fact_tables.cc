// How do DWARF names, files and positions become the ids of SourceFacts?
#include "resolve/fact_tables.h"

#include "resolve/type_classes.h"

namespace quarrel {

SymbolId FactTables::symbol(const std::string& key) {
  auto [place, is_new] = symbols_.try_emplace(key, SymbolId{uint32_t(facts_.symbols.size())});
  if (is_new) facts_.symbols.push_back(key);
  return place->second;
}

FileId FactTables::file(const std::string& path) {
  if (path.empty()) return {};
  const bool is_below = !root_.empty() && path.starts_with(root_ + "/");
  const std::string shown = is_below ? path.substr(root_.size() + 1) : path;
  auto [place, is_new] = files_.try_emplace(shown, FileId{uint32_t(facts_.files.size())});
  if (is_new) {
    facts_.files.push_back(shown);
    facts_.file_is_system.push_back(is_library_path(path));
  }
  return place->second;
}

SourcePos FactTables::position_of(Dwarf_Die& entry) {
  const uint64_t line = unsigned_attribute(entry, DW_AT_decl_line).value_or(0);
  const uint64_t column = unsigned_attribute(entry, DW_AT_decl_column).value_or(0);
  if (line == 0 || line > UINT32_MAX || column > UINT32_MAX) return {};
  auto attribute = attribute_of(entry, DW_AT_decl_file);
  Dwarf_Word index = 0;
  if (!attribute || dwarf_formudata(&*attribute, &index) != 0) return {};
  auto [place, is_new] = unit_files_.try_emplace({attribute->cu, index});
  if (is_new) place->second = file(declaration_of(entry).file);
  if (!place->second.is_valid()) return {};
  return {place->second, static_cast<uint32_t>(line), static_cast<uint32_t>(column)};
}

}  // namespace quarrel
