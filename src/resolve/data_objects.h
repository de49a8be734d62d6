// Which global object, and which field of it, does an address belong to?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/profile.h"
#include "resolve/debug_info.h"
#include "resolve/dwarf_types.h"
#include "resolve/symbols.h"

namespace quarrel {

/// Globals, static members and function statics of one module, by address. Thread-locals have no
/// fixed address and are not found.
class GlobalObjects {
 public:
  /// `symbols` and `types` must outlive the object.
  GlobalObjects(ModuleSymbols& symbols, TypeTable& types) : symbols_(symbols), types_(types) {}

  /// The object at an ELF virtual address: by DWARF variable, else by ELF symbol plus offset, else
  /// of source kUnknown with "module+0x..." as display. DataObject::address is biased.
  DataObject find(uint64_t address, uint64_t bias);

 private:
  struct Variable {
    uint64_t start = 0;
    uint64_t size = 0;
    size_t order = 0;  // in the file: the first of several equal entries is taken
    Dwarf_Die die{};
  };
  void index();
  void collect(Dwarf_Die& parent, int level);
  void add(Dwarf_Die& entry);
  const Variable* variable_at(uint64_t address) const;
  DataObject from_variable(const Variable& variable, uint64_t address, uint64_t bias);

  ModuleSymbols& symbols_;
  TypeTable& types_;
  std::vector<Variable> variables_;  // sorted by start
  EntryParents parents_;
  bool is_indexed_ = false;
};

/// Fills the fields of an object that both kinds of variables share.
struct MemberPath;
void describe(DataObject& object, const MemberPath& path, uint64_t object_address,
              const CodeLocation& variable_declaration);

}  // namespace quarrel
