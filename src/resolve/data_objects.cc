// Which global object, and which field of it, does an address belong to?
#include "resolve/data_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "resolve/dwarf_tree.h"
#include "resolve/member_path.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

// Go writes DWARF 4 locations as DW_FORM_block1, which dwarf_getlocation refuses.
std::optional<uint64_t> address_in_block(Dwarf_Attribute& location) {
  Dwarf_Block block;
  uint64_t address = 0;
  if (dwarf_formblock(&location, &block) != 0 || block.length != 1 + sizeof address ||
      block.data[0] != DW_OP_addr)
    return std::nullopt;
  std::memcpy(&address, block.data + 1, sizeof address);
  return address;
}

std::optional<uint64_t> operand_address(Dwarf_Attribute& location, const Dwarf_Op& operation) {
  if (operation.atom == DW_OP_addr) return operation.number;
  if (operation.atom != DW_OP_addrx && operation.atom != DW_OP_GNU_addr_index) return std::nullopt;
  Dwarf_Attribute indexed;
  Dwarf_Addr address = 0;
  if (dwarf_getlocation_attr(&location, &operation, &indexed) != 0 ||
      dwarf_formaddr(&indexed, &address) != 0)
    return std::nullopt;
  return address;
}

// The fixed address of a variable, for locations of the form "address [+ constant]".
std::optional<uint64_t> fixed_address(Dwarf_Die& variable) {
  Dwarf_Attribute location;
  // Not integrated: an inlined copy of a static must not count twice.
  if (dwarf_attr(&variable, DW_AT_location, &location) == nullptr) return std::nullopt;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation(&location, &operations, &count) != 0) return address_in_block(location);
  if (count == 0 || count > 2) return std::nullopt;
  auto address = operand_address(location, operations[0]);
  if (!address || count == 1) return address;
  if (operations[1].atom != DW_OP_plus_uconst) return std::nullopt;
  return *address + operations[1].number;
}

}  // namespace

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
  if (size != 0 && *start + size > *start) variables_.push_back({*start, size, entry});
}

void GlobalObjects::index() {
  if (is_indexed_) return;
  is_indexed_ = true;
  const DebugInfo* info = symbols_.debug_info();
  if (info == nullptr) return;
  for (DwarfUnit unit : info->units()) collect(unit.tree, 0);
  std::stable_sort(variables_.begin(), variables_.end(), [](const Variable& a, const Variable& b) {
    return a.start != b.start ? a.start < b.start : a.size > b.size;
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
  object.variable = shorten_type(qualified_name_of(die));
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
