// Which variables of a binary stand at a fixed address?
#include "resolve/global_reader.h"

#include <cstring>

#include "resolve/dwarf_tree.h"

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

/// A constant, or in split debug information the number of one.
std::optional<uint64_t> operand_constant(Dwarf_Attribute& location, const Dwarf_Op& operation) {
  switch (operation.atom) {
    case DW_OP_const4u:
    case DW_OP_const8u:
    case DW_OP_constu:
      return operation.number;
    case DW_OP_constx:
    case DW_OP_GNU_const_index: {
      // Stands in the table of addresses; libdw finds it there only as an address.
      Dwarf_Op as_address = operation;
      as_address.atom = DW_OP_addrx;
      return operand_address(location, as_address);
    }
    default:
      return std::nullopt;
  }
}

bool makes_thread_local(const Dwarf_Op& operation) {
  return operation.atom == DW_OP_form_tls_address || operation.atom == DW_OP_GNU_push_tls_address;
}

}  // namespace

std::optional<uint64_t> thread_local_offset(Dwarf_Die& variable) {
  Dwarf_Attribute location;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_attr(&variable, DW_AT_location, &location) == nullptr ||
      dwarf_getlocation(&location, &operations, &count) != 0)
    return std::nullopt;
  if (count != 2 || !makes_thread_local(operations[1])) return std::nullopt;
  return operand_constant(location, operations[0]);
}

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

void GlobalReader::add(Dwarf_Die variable, bool is_in_function) {
  const auto address = fixed_address(variable);
  const bool is_local_to_thread = !address && thread_local_offset(variable).has_value();
  if (!is_local_to_thread && (!address || *address == 0 || !addresses_.insert(*address).second))
    return;
  const std::string name = types_.qualified(variable);
  ObjectType type = objects_.of(variable);
  if (name.empty() || type.size_bytes == 0) return;
  const SymbolId symbol = tables_.symbol("variable " + name);
  if (is_local_to_thread && !thread_locals_.insert(symbol).second) return;
  SourceVariable found{.symbol = symbol,
                       .name = name,
                       .type = types_.type_name(variable),
                       .storage = is_local_to_thread ? Storage::kThreadLocal
                                  : is_in_function   ? Storage::kStaticLocal
                                                     : Storage::kGlobal,
                       .size_bytes = type.size_bytes,
                       .align_bytes = objects_.alignment_of(variable),
                       .array_length = type.array_length,
                       .is_atomic = type.is_atomic,
                       .is_volatile = type.is_volatile,
                       .lock = type.lock,
                       .alignas_bytes = ObjectTypes::asked_alignment(variable),
                       .position = tables_.position_of(variable)};
  if (type.element && type.element->is_record())
    found.type_record = records_.symbol_of(type.element->die);
  variables_.push_back(std::move(found));
}

}  // namespace quarrel
