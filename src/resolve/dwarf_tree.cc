// How is a tree of untrusted DWARF entries walked without endless loops?
#include "resolve/dwarf_tree.h"

#include <filesystem>

#include "resolve/names.h"

namespace quarrel {
namespace {

constexpr size_t kMaxRanges = 100'000;
constexpr int kMaxIndirections = 8;  // specification of an abstract origin is 2

bool names_a_scope(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
         tag == DW_TAG_union_type || tag == DW_TAG_subprogram || tag == DW_TAG_module;
}

std::string scope_name(Dwarf_Die& scope) {
  std::string name = name_of(scope);
  if (!name.empty()) return name;
  return dwarf_tag(&scope) == DW_TAG_namespace ? "(anonymous namespace)" : "{unnamed}";
}

// dwarf_decl_file of libdw 0.188 aborts on split units, whose file table is the skeleton's.
std::string declaring_file(Dwarf_Die& die) {
  auto attribute = attribute_of(die, DW_AT_decl_file);
  Dwarf_Word index = 0;
  if (!attribute || dwarf_formudata(&*attribute, &index) != 0) return {};
  Dwarf_Die unit;
  Dwarf_Half version = 0;
  uint8_t type = 0;
  if (dwarf_cu_info(attribute->cu, &version, &type, &unit, nullptr, nullptr, nullptr, nullptr) != 0)
    return {};
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_getsrcfiles(&unit, &files, &count) != 0 || index >= count) return {};
  const char* name = dwarf_filesrc(files, index, nullptr, nullptr);
  return name != nullptr ? path_in_unit(unit, name) : "";
}

// The declaration inside the class or namespace, which has the right parents.
Dwarf_Die declaring_entry(Dwarf_Die die) {
  for (int i = 0; i < kMaxIndirections; ++i) {
    Dwarf_Attribute attribute;
    Dwarf_Die target;
    if (dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr &&
        dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr)
      break;
    if (dwarf_formref_die(&attribute, &target) == nullptr) break;
    die = target;
  }
  return die;
}

}  // namespace

std::vector<std::pair<uint64_t, uint64_t>> ranges_of(Dwarf_Die& die) {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  Dwarf_Addr base = 0;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  for (ptrdiff_t offset = 0; (offset = dwarf_ranges(&die, offset, &base, &start, &end)) > 0 &&
                             ranges.size() < kMaxRanges;)
    if (start < end) ranges.emplace_back(start, end);
  return ranges;
}

bool covers(Dwarf_Die& die, uint64_t address) {
  return dwarf_haspc(&die, address) > 0;
}

std::optional<Dwarf_Attribute> attribute_of(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(&die, name, &attribute) == nullptr) return std::nullopt;
  return attribute;
}

std::optional<uint64_t> unsigned_attribute(Dwarf_Die& die, unsigned name) {
  auto attribute = attribute_of(die, name);
  Dwarf_Word value = 0;
  if (!attribute || dwarf_formudata(&*attribute, &value) != 0) return std::nullopt;
  return value;
}

std::optional<Dwarf_Die> referenced(Dwarf_Die& die, unsigned name) {
  auto attribute = attribute_of(die, name);
  Dwarf_Die target;
  if (!attribute || dwarf_formref_die(&*attribute, &target) == nullptr) return std::nullopt;
  return target;
}

std::optional<Dwarf_Die> template_argument(Dwarf_Die& die) {
  std::optional<Dwarf_Die> found;
  for_each_child(die, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) == DW_TAG_template_type_parameter) found = child;
    return !found;
  });
  return found;
}

bool has_flag(Dwarf_Die& die, unsigned name) {
  Dwarf_Attribute attribute;
  bool value = false;
  return dwarf_attr(&die, name, &attribute) != nullptr && dwarf_formflag(&attribute, &value) == 0 &&
         value;
}

std::string name_of(Dwarf_Die& die) {
  auto attribute = attribute_of(die, DW_AT_name);
  const char* name = attribute ? dwarf_formstring(&*attribute) : nullptr;
  return name != nullptr ? clean_name(name) : "";
}

std::string linkage_name_of(Dwarf_Die& die) {
  for (unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    auto attribute = attribute_of(die, kind);
    const char* name = attribute ? dwarf_formstring(&*attribute) : nullptr;
    if (name != nullptr) return name;
  }
  return {};
}

std::string qualified_name_of(Dwarf_Die& die, EntryParents& parents) {
  Dwarf_Die entry = declaring_entry(die);
  std::string name;
  for (Dwarf_Die& scope : parents.of(entry))
    if (names_a_scope(dwarf_tag(&scope))) name += scope_name(scope) + "::";
  return name + scope_name(entry);
}

std::string qualified_name_of(Dwarf_Die& die) {
  EntryParents parents;
  return qualified_name_of(die, parents);
}

CodeLocation declaration_of(Dwarf_Die& die) {
  CodeLocation location;
  auto line = unsigned_attribute(die, DW_AT_decl_line);
  std::string file = declaring_file(die);
  if (file.empty() || !line || *line == 0 || *line > UINT32_MAX) return location;
  location.file = file;
  location.line = static_cast<uint32_t>(*line);
  auto column = unsigned_attribute(die, DW_AT_decl_column);
  if (column && *column <= UINT32_MAX) location.column = static_cast<uint32_t>(*column);
  return location;
}

std::string path_in_unit(Dwarf_Die& unit, const std::string& name) {
  if (name.starts_with('/')) return normal_path(name);
  auto attribute = attribute_of(unit, DW_AT_comp_dir);
  const char* folder = attribute ? dwarf_formstring(&*attribute) : nullptr;
  if (folder == nullptr) return normal_path(name);
  // libdw puts the unit's folder, which may itself be relative (glibc), before files right in it.
  const std::string prefix = std::string(folder) + "/";
  return normal_path(name.starts_with(prefix) ? name : prefix + name);
}

std::string normal_path(const std::string& path) {
  return clean_name(std::filesystem::path(path).lexically_normal().string());
}

}  // namespace quarrel
