// Which global object, and which field of it, does an address belong to?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/profile.h"
#include "resolve/debug_info.h"
#include "resolve/dwarf_types.h"
#include "resolve/elements.h"
#include "resolve/symbols.h"

namespace quarrel {

/// Globals, static members and function statics of one module, by address, and thread-locals by
/// their offset in the module's block.
class GlobalObjects {
 public:
  /// `symbols` and `types` must outlive the object.
  GlobalObjects(ModuleSymbols& symbols, TypeTable& types) : symbols_(symbols), types_(types) {}

  /// The object at an ELF virtual address: by DWARF variable, else by ELF symbol plus offset, else
  /// of source kUnknown with "module+0x..." as display. DataObject::address is biased.
  DataObject find(uint64_t address, uint64_t bias);

  /// The variable that holds an ELF virtual address, `start` biased.
  std::optional<PointerOwner> owner_of(uint64_t address, uint64_t bias);

  /// find() for an offset in the block of thread-locals, which stands at `block` in the target.
  DataObject find_thread_local(uint64_t offset, uint64_t block);

 private:
  struct Variable {
    uint64_t start = 0;
    uint64_t size = 0;
    size_t order = 0;  // in the file: the first of several equal entries is taken
    Dwarf_Die die{};
  };
  using Variables = std::vector<Variable>;  // sorted by start

  void index();
  void collect(Dwarf_Die& parent, int level);
  void add(Dwarf_Die& entry);
  static void order(Variables& variables);
  static const Variable* variable_at(const Variables& variables, uint64_t address);
  DataObject from_variable(const Variable& variable, uint64_t address, uint64_t bias);
  DataObject from_symbol(const ElfSymbol* symbol, uint64_t address, uint64_t bias) const;

  ModuleSymbols& symbols_;
  TypeTable& types_;
  Variables variables_;
  Variables thread_locals_;
  EntryParents parents_;
  bool is_indexed_ = false;
};

}  // namespace quarrel
