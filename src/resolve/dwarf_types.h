// What is a DWARF type called, how large is it, and where is its full definition?
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolve/debug_info.h"
#include "resolve/entry_names.h"

namespace quarrel {

/// A type without typedefs and qualifiers.
struct PlainType {
  Dwarf_Die die{};
  std::string alias;  ///< innermost typedef, which names C's anonymous structs

  int tag() { return dwarf_tag(&die); }
  bool is_record();
  bool is_array() { return tag() == DW_TAG_array_type; }
  bool is_pointer();  ///< or reference
};

/// Lengths of the dimensions of an array type, outermost first; 0 where the length is unknown.
std::vector<uint64_t> dimensions_of(Dwarf_Die& array);

/// Types of one module. Looks names up once, and full definitions where a unit has only a
/// declaration (clang writes each class where its key function is).
class TypeTable {
 public:
  explicit TypeTable(const DebugInfo& info) : info_(info) {}

  /// The plain type of a variable, member or pointer; nothing for void or broken references.
  std::optional<PlainType> type_of(Dwarf_Die& entry);

  /// Bytes; 0 if unknown.
  uint64_t size_of(PlainType& type);

  /// "app::Counters", "std::atomic<long>"; empty for an unnamed record.
  std::string record_name(PlainType& type);

  /// The type of `entry` as one writes it: "const app::Node*", "std::mutex[4]".
  std::string type_name(Dwarf_Die& entry);

  /// The full definition of a record that this unit may only declare; else the entry itself.
  Dwarf_Die definition_of(Dwarf_Die die);

  /// Qualified and shortened name of a type, function or member of a class.
  const std::string& qualified(Dwarf_Die& die);

  /// Walks a unit, whose entries then have names at little cost. A record without a name gets that
  /// of its typedef, or of the variable or member that it is the type of: "Cache::(unnamed slot)".
  UnitEntries enter(Dwarf_Die unit);

 private:
  void index_definitions(Dwarf_Die& parent, const std::string& scope, int level);
  void name_unnamed_record(Dwarf_Die& user);
  std::optional<Dwarf_Die> definition_by_name(Dwarf_Die& declaration);

  const DebugInfo& info_;
  EntryNames entered_;                            // of the unit that was entered last
  std::unordered_map<void*, std::string> names_;  // by entry
  EntryParents parents_;
  std::unordered_map<void*, std::string> given_names_;      // of unnamed records
  std::unordered_map<std::string, Dwarf_Die> definitions_;  // by qualified, shortened name
  bool has_definitions_ = false;
};

}  // namespace quarrel
