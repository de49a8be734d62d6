// What is a DWARF type called, how large is it, and where is its full definition?
#include "resolve/dwarf_types.h"

#include "resolve/dwarf_tree.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

constexpr int kMaxTypeChain = 64;  // typedefs and qualifiers of one type; untrusted cycles end here

bool is_qualifier(int tag) {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_atomic_type ||
         tag == DW_TAG_restrict_type;
}

bool is_record_tag(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

const char* type_suffix(int tag) {
  switch (tag) {
    case DW_TAG_pointer_type:
      return "*";
    case DW_TAG_reference_type:
      return "&";
    case DW_TAG_rvalue_reference_type:
      return "&&";
    case DW_TAG_array_type:
      return "[]";
    default:
      return nullptr;
  }
}

std::string array_suffix(Dwarf_Die& array) {
  std::string suffix;
  for (uint64_t length : dimensions_of(array)) suffix += "[" + std::to_string(length) + "]";
  return suffix;
}

}  // namespace

std::vector<uint64_t> dimensions_of(Dwarf_Die& array) {
  std::vector<uint64_t> lengths;
  for_each_child(array, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) != DW_TAG_subrange_type) return true;
    auto count = unsigned_attribute(child, DW_AT_count);
    auto last = unsigned_attribute(child, DW_AT_upper_bound);
    lengths.push_back(count ? *count : last ? *last + 1 : 0);
    return true;
  });
  return lengths;
}

bool PlainType::is_record() {
  return is_record_tag(tag());
}

bool PlainType::is_pointer() {
  return tag() == DW_TAG_pointer_type || tag() == DW_TAG_reference_type ||
         tag() == DW_TAG_rvalue_reference_type;
}

std::optional<PlainType> TypeTable::type_of(Dwarf_Die& entry) {
  PlainType type;
  auto next = referenced(entry, DW_AT_type);
  for (int i = 0; next && i < kMaxTypeChain; ++i) {
    type.die = *next;
    bool is_typedef = type.tag() == DW_TAG_typedef;
    if (!is_typedef && !is_qualifier(type.tag())) {
      type.die = definition_of(type.die);
      return type;
    }
    if (is_typedef) type.alias = qualified(type.die);
    next = referenced(type.die, DW_AT_type);
  }
  return std::nullopt;
}

uint64_t TypeTable::size_of(PlainType& type) {
  Dwarf_Word size = 0;
  if (type.is_pointer()) return 8;
  return dwarf_aggregate_size(&type.die, &size) == 0 ? size : 0;
}

std::string TypeTable::record_name(PlainType& type) {
  if (!name_of(type.die).empty()) return qualified(type.die);
  auto given = given_names_.find(type.die.addr);
  return given != given_names_.end() ? given->second : type.alias;
}

const std::string& TypeTable::qualified(Dwarf_Die& die) {
  auto [place, is_new] = names_.try_emplace(die.addr);
  if (!is_new) return place->second;
  auto entered = entered_.find(die);
  return place->second = shorten_type(entered ? *entered : qualified_name_of(die, parents_));
}

std::string TypeTable::type_name(Dwarf_Die& entry) {
  std::string suffix;
  std::string prefix;
  auto next = referenced(entry, DW_AT_type);
  for (int i = 0; next && i < kMaxTypeChain; ++i) {
    Dwarf_Die die = *next;
    int tag = dwarf_tag(&die);
    if (tag == DW_TAG_array_type)
      suffix = array_suffix(die) + suffix;
    else if (const char* mark = type_suffix(tag))
      suffix = mark + suffix;
    else if (!name_of(die).empty())
      return prefix + qualified(die) + suffix;
    else if (auto given = given_names_.find(die.addr); given != given_names_.end())
      return prefix + given->second + suffix;
    else if (tag == DW_TAG_const_type && suffix.empty())
      prefix = "const ";
    else if (tag == DW_TAG_volatile_type && suffix.empty())
      prefix = "volatile ";
    else if (tag == DW_TAG_atomic_type && suffix.empty())
      prefix = "_Atomic ";
    else if (is_record_tag(tag))
      return prefix + (tag == DW_TAG_union_type ? "{union}" : "{struct}") + suffix;
    else if (tag == DW_TAG_subroutine_type)
      return "function" + suffix;
    next = referenced(die, DW_AT_type);
  }
  return prefix + "void" + suffix;
}

Dwarf_Die TypeTable::definition_of(Dwarf_Die die) {
  if (!is_record_tag(dwarf_tag(&die))) return die;
  if (auto in_type_unit = referenced(die, DW_AT_signature)) return *in_type_unit;
  if (!has_flag(die, DW_AT_declaration)) return die;
  return definition_by_name(die).value_or(die);
}

std::optional<Dwarf_Die> TypeTable::definition_by_name(Dwarf_Die& declaration) {
  if (!has_definitions_) {
    has_definitions_ = true;
    for (DwarfUnit unit : info_.units()) index_definitions(unit.tree, "", 0);
    for (Dwarf_Die unit : info_.type_units()) index_definitions(unit, "", 0);
  }
  auto entered = entered_.find(declaration);
  std::string name = entered ? *entered : qualified_name_of(declaration, parents_);
  // Unnamed namespaces of two units may hold different types of one name.
  if (name.find("(anonymous namespace)") != std::string::npos) return std::nullopt;
  auto found = definitions_.find(shorten_type(name));
  if (found == definitions_.end()) return std::nullopt;
  return found->second;
}

void TypeTable::index_definitions(Dwarf_Die& parent, const std::string& scope, int level) {
  if (level > kMaxDwarfDepth) return;
  for_each_child(parent, [&](Dwarf_Die& child) {
    int tag = dwarf_tag(&child);
    bool is_record = is_record_tag(tag);
    if (!is_record && tag != DW_TAG_namespace) return true;
    std::string name = name_of(child);
    if (name.empty()) return true;
    std::string full = scope + name;
    if (is_record && !has_flag(child, DW_AT_declaration))
      definitions_.try_emplace(shorten_type(full), child);
    index_definitions(child, full + "::", level + 1);
    return true;
  });
}

UnitEntries TypeTable::enter(Dwarf_Die unit) {
  names_.clear();
  UnitEntries entries = entered_.enter(unit);
  for (Dwarf_Die& user : entries.users_of_unnamed) name_unnamed_record(user);
  return entries;
}

void TypeTable::name_unnamed_record(Dwarf_Die& user) {
  auto target = referenced(user, DW_AT_type);
  for (int i = 0; target && i < kMaxTypeChain && !is_record_tag(dwarf_tag(&*target)); ++i)
    target = referenced(*target, DW_AT_type);
  if (!target || !is_record_tag(dwarf_tag(&*target))) return;
  Dwarf_Die record = definition_of(*target);
  if (!name_of(record).empty()) return;
  const std::string name = name_of(user);
  const bool is_typedef = dwarf_tag(&user) == DW_TAG_typedef;
  const std::string own = is_typedef ? name : "(unnamed " + name + ")";
  given_names_.try_emplace(record.addr, shorten_type(entered_.scope_of(user).value_or("") + own));
}

}  // namespace quarrel
