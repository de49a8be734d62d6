// Which global object, and which field of it, does an address belong to?
#include "resolve/data_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolve/dwarf_tree.h"
#include "resolve/global_reader.h"
#include "resolve/member_path.h"
#include "resolve/names.h"

namespace quarrel {

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
  Variables* variables = &variables_;
  auto start = fixed_address(entry);
  if (!start) {
    variables = &thread_locals_;
    start = thread_local_offset(entry);
  } else if (*start == 0) {
    return;
  }
  if (!start) return;
  auto type = types_.type_of(entry);
  uint64_t size = type ? types_.size_of(*type) : 0;
  if (size != 0 && *start + size > *start)
    variables->push_back({*start, size, variables->size(), entry});
}

void GlobalObjects::order(Variables& variables) {
  std::sort(variables.begin(), variables.end(), [](const Variable& a, const Variable& b) {
    if (a.start != b.start) return a.start < b.start;
    return a.size != b.size ? a.size > b.size : a.order < b.order;
  });
}

void GlobalObjects::index() {
  if (is_indexed_) return;
  is_indexed_ = true;
  const DebugInfo* info = symbols_.debug_info();
  if (info == nullptr) return;
  for (DwarfUnit unit : info->units()) collect(unit.tree, 0);
  order(variables_);
  order(thread_locals_);
}

const GlobalObjects::Variable* GlobalObjects::variable_at(const Variables& variables,
                                                          uint64_t address) {
  auto after = std::upper_bound(variables.begin(), variables.end(), address,
                                [](uint64_t value, const Variable& v) { return value < v.start; });
  if (after == variables.begin()) return nullptr;
  // Several units describe one inline variable: the first entry with that start is the largest.
  uint64_t start = std::prev(after)->start;
  auto first = std::lower_bound(variables.begin(), after, start,
                                [](const Variable& v, uint64_t value) { return v.start < value; });
  return address - first->start < first->size ? &*first : nullptr;
}

std::optional<PointerOwner> GlobalObjects::owner_of(uint64_t address, uint64_t bias) {
  index();
  const Variable* variable = variable_at(variables_, address);
  if (variable == nullptr) return std::nullopt;
  Dwarf_Die die = variable->die;
  auto type = types_.type_of(die);
  if (!type) return std::nullopt;
  return PointerOwner{shorten_type(qualified_name_of(die, parents_)), variable->start + bias,
                      variable->size, *type, die};
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

DataObject GlobalObjects::from_symbol(const ElfSymbol* symbol, uint64_t address,
                                      uint64_t bias) const {
  DataObject object;
  object.address = address + bias;
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

DataObject GlobalObjects::find(uint64_t address, uint64_t bias) {
  index();
  if (const Variable* variable = variable_at(variables_, address))
    return from_variable(*variable, address, bias);
  const ElfSymbols* symbols = symbols_.elf_symbols();
  return from_symbol(symbols != nullptr ? symbols->object_at(address) : nullptr, address, bias);
}

DataObject GlobalObjects::find_thread_local(uint64_t offset, uint64_t block) {
  index();
  if (const Variable* variable = variable_at(thread_locals_, offset))
    return from_variable(*variable, offset, block);
  const ElfSymbols* symbols = symbols_.elf_symbols();
  const ElfSymbol* symbol = symbols != nullptr ? symbols->thread_local_at(offset) : nullptr;
  DataObject object = from_symbol(symbol, offset, block);
  if (symbol == nullptr) object.display = "thread-local " + object.display;
  return object;
}

}  // namespace quarrel
