// Which global object, and which field of it, does an address belong to?
#include "resolve/data_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolve/dwarf_tree.h"
#include "resolve/global_reader.h"
#include "resolve/member_path.h"
#include "resolve/names.h"

namespace quarrel {

void describe(DataObject& object, const MemberPath& path, uint64_t object_address,
              const CodeLocation& variable_declaration) {
  object.record = path.record;
  object.field = path.field;
  object.type = path.type;
  object.address = object_address + path.offset;
  object.size = path.size;
  object.record_offset = path.record_offset;
  object.declared = path.declared.file.empty() ? variable_declaration : path.declared;
}

void GlobalObjects::collect(Dwarf_Die& parent, int level) {
  if (level > kMaxDwarfDepth) return;
  for_each_child(parent, [&](Dwarf_Die& child) {
    switch (dwarf_tag(&child)) {
      case DW_TAG_variable:
        add(child);
        break;
      case DW_TAG_namespace:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
      case DW_TAG_subprogram:
      case DW_TAG_inlined_subroutine:
      case DW_TAG_lexical_block:
      case DW_TAG_module:
        collect(child, level + 1);
        break;
      default:
        break;
    }
    return true;
  });
}

void GlobalObjects::add(Dwarf_Die& entry) {
  auto start = fixed_address(entry);
  if (!start || *start == 0) return;
  auto type = types_.type_of(entry);
  uint64_t size = type ? types_.size_of(*type) : 0;
  if (size != 0 && *start + size > *start)
    variables_.push_back({*start, size, variables_.size(), entry});
}

void GlobalObjects::index() {
  if (is_indexed_) return;
  is_indexed_ = true;
  const DebugInfo* info = symbols_.debug_info();
  if (info == nullptr) return;
  for (DwarfUnit unit : info->units()) collect(unit.tree, 0);
  std::sort(variables_.begin(), variables_.end(), [](const Variable& a, const Variable& b) {
    if (a.start != b.start) return a.start < b.start;
    return a.size != b.size ? a.size > b.size : a.order < b.order;
  });
}

const GlobalObjects::Variable* GlobalObjects::variable_at(uint64_t address) const {
  auto after = std::upper_bound(variables_.begin(), variables_.end(), address,
                                [](uint64_t value, const Variable& v) { return value < v.start; });
  if (after == variables_.begin()) return nullptr;
  // Several units describe one inline variable: the first entry with that start is the largest.
  uint64_t start = std::prev(after)->start;
  auto first = std::lower_bound(variables_.begin(), after, start,
                                [](const Variable& v, uint64_t value) { return v.start < value; });
  return address - first->start < first->size ? &*first : nullptr;
}

DataObject GlobalObjects::from_variable(const Variable& variable, uint64_t address, uint64_t bias) {
  DataObject object;
  Dwarf_Die die = variable.die;
  object.source = NameSource::kGlobalVariable;
  object.variable = shorten_type(qualified_name_of(die, parents_));
  object.how = "by global variable " + object.variable;
  CodeLocation declared = declaration_of(die);
  auto type = types_.type_of(die);
  if (!type) return object;
  MemberPath path = member_at(types_, die, *type, address - variable.start);
  object.display = object.variable + path.from_object;
  describe(object, path, variable.start + bias, declared);
  return object;
}

DataObject GlobalObjects::find(uint64_t address, uint64_t bias) {
  index();
  if (const Variable* variable = variable_at(address))
    return from_variable(*variable, address, bias);
  DataObject object;
  object.address = address + bias;
  const ElfSymbols* symbols = symbols_.elf_symbols();
  const ElfSymbol* symbol = symbols != nullptr ? symbols->object_at(address) : nullptr;
  if (symbol == nullptr) {
    object.display = symbols_.offset_name(address);
    return object;
  }
  object.source = NameSource::kSymbol;
  object.variable = variable_name(symbol->name);
  object.display = object.variable;
  if (address != symbol->address)
    object.display += fmt::format("+{:#x}", address - symbol->address);
  object.how = "by symbol " + object.variable;
  return object;
}

}  // namespace quarrel
