// Which source line does an instruction come from?
#include "resolve/source_lines.h"

#include "resolve/dwarf_tree.h"

namespace quarrel {

CodeLocation source_line(const DwarfUnit& unit, uint64_t address) {
  CodeLocation location;
  Dwarf_Die lines = unit.lines;
  Dwarf_Line* row = dwarf_getsrc_die(&lines, address);
  int line = 0;
  if (row == nullptr || dwarf_lineno(row, &line) != 0 || line <= 0) return location;
  const char* file = dwarf_linesrc(row, nullptr, nullptr);
  if (file == nullptr) return location;
  location.file = path_in_unit(lines, file);
  location.line = static_cast<uint32_t>(line);
  int column = 0;
  if (dwarf_linecol(row, &column) == 0 && column > 0)
    location.column = static_cast<uint32_t>(column);
  return location;
}

CodeLocation call_site(const DwarfUnit& unit, Dwarf_Die& inlined) {
  CodeLocation location;
  Dwarf_Attribute attribute;
  Dwarf_Word file_index = 0;
  Dwarf_Word line = 0;
  // Not integrated: the abstract origin has no call site.
  if (dwarf_attr(&inlined, DW_AT_call_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &file_index) != 0 ||
      dwarf_attr(&inlined, DW_AT_call_line, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &line) != 0)
    return location;
  Dwarf_Die lines = unit.lines;
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_getsrcfiles(&lines, &files, &count) != 0 || file_index >= count) return location;
  const char* file = dwarf_filesrc(files, file_index, nullptr, nullptr);
  if (file == nullptr || line == 0 || line > UINT32_MAX) return location;
  location.file = path_in_unit(lines, file);
  location.line = static_cast<uint32_t>(line);
  Dwarf_Word column = 0;
  if (dwarf_attr(&inlined, DW_AT_call_column, &attribute) != nullptr &&
      dwarf_formudata(&attribute, &column) == 0 && column <= UINT32_MAX)
    location.column = static_cast<uint32_t>(column);
  return location;
}

}  // namespace quarrel
