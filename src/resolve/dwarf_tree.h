// How is a tree of untrusted DWARF entries walked without endless loops?
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/profile.h"
#include "resolve/entry_parents.h"

namespace quarrel {

/// Deeper nesting is not followed; compilers stay below 100.
inline constexpr int kMaxDwarfDepth = 200;

/// Calls visit(Dwarf_Die&) for each child until it returns false. Siblings that point backwards
/// end the loop: their order in the file is their order in the tree.
template <class Visit>
void for_each_child(Dwarf_Die& parent, Visit visit) {
  Dwarf_Die child;
  if (dwarf_child(&parent, &child) != 0) return;
  while (visit(child)) {
    void* previous = child.addr;
    if (dwarf_siblingof(&child, &child) != 0 || child.addr <= previous) return;
  }
}

/// Address ranges of a unit, function or block (ELF virtual addresses); empty ones left out.
std::vector<std::pair<uint64_t, uint64_t>> ranges_of(Dwarf_Die& die);

/// True if the entry's ranges contain the address.
bool covers(Dwarf_Die& die, uint64_t address);

/// An attribute, also by way of DW_AT_specification and DW_AT_abstract_origin.
std::optional<Dwarf_Attribute> attribute_of(Dwarf_Die& die, unsigned name);
std::optional<uint64_t> unsigned_attribute(Dwarf_Die& die, unsigned name);
std::optional<Dwarf_Die> referenced(Dwarf_Die& die, unsigned name);
bool has_flag(Dwarf_Die& die, unsigned name);

/// The first type argument of a template's instantiation: an entry that has it as DW_AT_type.
std::optional<Dwarf_Die> template_argument(Dwarf_Die& die);

/// DW_AT_name, also by way of the declaration; empty if there is none.
std::string name_of(Dwarf_Die& die);

/// Linkage name if there is one, else name; what ELF symbols and demanglers want.
std::string linkage_name_of(Dwarf_Die& die);

/// "app::Cache<int>::find": names of the namespaces and classes around the entry, and its own.
/// Whoever asks for many names of a file keeps `parents`.
std::string qualified_name_of(Dwarf_Die& die, EntryParents& parents);
std::string qualified_name_of(Dwarf_Die& die);

/// Where the entry is declared; the file empty if unknown.
CodeLocation declaration_of(Dwarf_Die& die);

/// Offset of the entry, unique within its file.
inline uint64_t offset_of(Dwarf_Die& die) {
  return dwarf_dieoffset(&die);
}

/// normal_path() of a name in a line table: it may be relative to the folder of the compiler's run.
std::string path_in_unit(Dwarf_Die& unit, const std::string& name);

/// "/a/b/../c/./d" -> "/a/c/d".
std::string normal_path(const std::string& path);

}  // namespace quarrel
