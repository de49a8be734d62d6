// What does a unit declare, and what are its entries called, by one walk over it?
#include "resolve/entry_names.h"

namespace quarrel {
namespace {

constexpr int kMaxTypeChain = 16;

bool is_record_tag(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

// What is defined outside of its namespace or class refers to the declaration within.
Dwarf_Die declaration_of_entry(Dwarf_Die entry) {
  if (dwarf_hasattr(&entry, DW_AT_specification) == 0) return entry;
  return referenced(entry, DW_AT_specification).value_or(entry);
}

bool has_unnamed_type(Dwarf_Die& entry) {
  auto target = referenced(entry, DW_AT_type);
  for (int i = 0; target && i < kMaxTypeChain; ++i) {
    const int tag = dwarf_tag(&*target);
    if (is_record_tag(tag)) return dwarf_hasattr(&*target, DW_AT_name) == 0;
    if (tag != DW_TAG_array_type && tag != DW_TAG_const_type && tag != DW_TAG_volatile_type)
      return false;
    target = referenced(*target, DW_AT_type);
  }
  return false;
}

}  // namespace

UnitEntries EntryNames::enter(Dwarf_Die unit) {
  scopes_.assign(1, {0, unit});
  scope_of_.clear();
  entries_ = {};
  walk(unit, 0, false, 0);
  return std::move(entries_);
}

void EntryNames::walk(Dwarf_Die& parent, uint32_t scope, bool is_in_function, int level) {
  if (level > kMaxDwarfDepth) return;
  for_each_child(parent, [&](Dwarf_Die& child) {
    visit(child, scope, is_in_function, level);
    return true;
  });
}

void EntryNames::visit(Dwarf_Die& entry, uint32_t scope, bool is_in_function, int level) {
  switch (dwarf_tag(&entry)) {
    case DW_TAG_member:
    case DW_TAG_variable:
      return visit_variable(entry, scope, is_in_function);
    case DW_TAG_typedef:
      if (has_unnamed_type(entry)) entries_.users_of_unnamed.push_back(entry);
      scope_of_.emplace(entry.addr, scope);
      return;
    case DW_TAG_base_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_unspecified_type:
      scope_of_.emplace(entry.addr, scope);
      return;
    case DW_TAG_lexical_block:
      return walk(entry, scope, is_in_function, level + 1);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
      entries_.records.push_back(entry);
      return open(entry, scope, is_in_function, level);
    case DW_TAG_namespace:
    case DW_TAG_module:
      return open(entry, scope, is_in_function, level);
    case DW_TAG_subprogram:
      return open(entry, scope, true, level);
    default:
      return;
  }
}

void EntryNames::open(Dwarf_Die& entry, uint32_t scope, bool is_in_function, int level) {
  scope_of_.emplace(entry.addr, scope);
  if (dwarf_haschildren(&entry) <= 0) return;
  scopes_.push_back({scope, entry});
  walk(entry, static_cast<uint32_t>(scopes_.size() - 1), is_in_function, level + 1);
}

void EntryNames::visit_variable(Dwarf_Die& entry, uint32_t scope, bool is_in_function) {
  const bool has_location = dwarf_hasattr(&entry, DW_AT_location) != 0;
  const bool is_static_member = dwarf_hasattr(&entry, DW_AT_declaration) != 0;
  if (has_location) entries_.variables.push_back({entry, is_in_function});
  const bool names_type = has_unnamed_type(entry) && dwarf_hasattr(&entry, DW_AT_name) != 0;
  if (names_type) entries_.users_of_unnamed.push_back(entry);
  if (has_location || is_static_member || names_type) scope_of_.emplace(entry.addr, scope);
}

std::optional<std::string> EntryNames::scope_of(Dwarf_Die& entry) const {
  auto found = scope_of_.find(entry.addr);
  if (found == scope_of_.end()) return std::nullopt;
  return text_of(found->second);
}

std::optional<std::string> EntryNames::find(Dwarf_Die& entry) const {
  Dwarf_Die declared = declaration_of_entry(entry);
  auto scope = scope_of(declared);
  if (!scope) return std::nullopt;
  const std::string name = name_of(declared);
  return *scope + (name.empty() ? "{unnamed}" : name);
}

std::string EntryNames::text_of(uint32_t scope) const {
  std::string text;
  for (int i = 0; scope != 0 && i < kMaxDwarfDepth; ++i) {
    Dwarf_Die die = scopes_[scope].die;
    const bool is_namespace = dwarf_tag(&die) == DW_TAG_namespace;
    const Dwarf_Die declared = declaration_of_entry(die);
    std::string name = name_of(die);
    if (name.empty()) name = is_namespace ? "(anonymous namespace)" : "{unnamed}";
    text.insert(0, name + "::");
    auto outer = scope_of_.find(declared.addr);
    scope = outer != scope_of_.end() ? outer->second : scopes_[scope].parent;
  }
  return text;
}

}  // namespace quarrel
