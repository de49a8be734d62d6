// What does a unit declare, and what are its entries called, by one walk over it?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "resolve/dwarf_tree.h"

namespace quarrel {

/// A variable that may have an address of its own.
struct VariableEntry {
  Dwarf_Die die{};
  bool is_in_function = false;
};

struct UnitEntries {
  std::vector<Dwarf_Die> records;  ///< with what is only declared, in the order of the file
  std::vector<VariableEntry> variables;
  /// Members and variables whose type is a record without a name, and the name that it gets.
  std::vector<Dwarf_Die> users_of_unnamed;
};

/// Remembers the scope of each entry of a unit: libdw has no parent links, and would search the
/// whole unit for every qualified name. Names are put together only when they are asked for.
class EntryNames {
 public:
  /// Walks a unit and forgets the one before.
  UnitEntries enter(Dwarf_Die unit);

  /// "app::(anonymous namespace)::Cache"; nothing for entries of other units.
  std::optional<std::string> find(Dwarf_Die& entry) const;

  /// "app::Cache::", where the entry stands.
  std::optional<std::string> scope_of(Dwarf_Die& entry) const;

 private:
  struct Scope {
    uint32_t parent = 0;  ///< index into scopes_; the unit is its own
    Dwarf_Die die{};
  };

  void walk(Dwarf_Die& parent, uint32_t scope, bool is_in_function, int level);
  void visit(Dwarf_Die& entry, uint32_t scope, bool is_in_function, int level);
  void open(Dwarf_Die& entry, uint32_t scope, bool is_in_function, int level);
  void visit_variable(Dwarf_Die& entry, uint32_t scope, bool is_in_function);
  std::string text_of(uint32_t scope) const;

  std::vector<Scope> scopes_;
  std::unordered_map<void*, uint32_t> scope_of_;
  UnitEntries entries_;
};

}  // namespace quarrel
