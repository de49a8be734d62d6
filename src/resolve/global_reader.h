// Which variables of a binary stand at a fixed address?
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "resolve/fact_tables.h"
#include "resolve/object_types.h"
#include "resolve/record_reader.h"

namespace quarrel {

/// The ELF virtual address of a variable, for locations of the form "address [+ constant]".
std::optional<uint64_t> fixed_address(Dwarf_Die& variable);

/// Where a thread-local variable stands in its module's block.
std::optional<uint64_t> thread_local_offset(Dwarf_Die& variable);

/// Reads globals, static members, function statics and thread-locals, each once.
class GlobalReader {
 public:
  GlobalReader(TypeTable& types, ObjectTypes& objects, FactTables& tables, RecordReader& records)
      : types_(types), objects_(objects), tables_(tables), records_(records) {}

  /// Leaves out what has no address of its own.
  void add(Dwarf_Die variable, bool is_in_function);

  std::vector<SourceVariable> take() { return std::move(variables_); }

 private:
  TypeTable& types_;
  ObjectTypes& objects_;
  FactTables& tables_;
  RecordReader& records_;
  std::vector<SourceVariable> variables_;
  std::set<uint64_t> addresses_;
  std::set<SymbolId> thread_locals_;
};

}  // namespace quarrel
