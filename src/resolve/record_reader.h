// How do the members of a DWARF record lie?
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/source_facts.h"
#include "resolve/dwarf_members.h"
#include "resolve/fact_tables.h"
#include "resolve/object_types.h"

namespace quarrel {

/// Reads each record once, however many units describe it.
class RecordReader {
 public:
  RecordReader(TypeTable& types, ObjectTypes& objects, FactTables& tables)
      : types_(types), objects_(objects), tables_(tables) {}

  /// Reads a definition, unless an equal one has been read or it has no name to be asked for by.
  void add(Dwarf_Die record);

  /// The symbol of a record, by its name; a second record of that name gets "name#2". Invalid for
  /// unnamed ones and those that are only declared.
  SymbolId symbol_of(Dwarf_Die& record);

  std::vector<SourceRecord> take() { return std::move(records_); }

 private:
  void add_children(Dwarf_Die& parent, uint64_t start_bits, int depth);
  void add_member(Dwarf_Die& member, uint64_t start_bits, int depth);
  void add_field(Dwarf_Die& member, const MemberPlace& place, const ObjectType& type);
  void add_base(Dwarf_Die& base);
  void finish_fields();
  bool is_of_library(const std::string& name, FileId file) const;

  TypeTable& types_;
  ObjectTypes& objects_;
  FactTables& tables_;
  SourceRecord record_;                 // the one that is being read
  std::unordered_set<size_t> unsized_;  // indices of its fields whose type is only declared
  size_t visited_ = 0;                  // members, of it and of unnamed ones in it
  std::vector<SourceRecord> records_;
  std::unordered_map<void*, SymbolId> by_entry_;
  std::unordered_map<std::string, SymbolId> by_identity_;
  std::unordered_map<std::string, uint32_t> name_counts_;
  std::unordered_set<SymbolId> read_;
};

}  // namespace quarrel
