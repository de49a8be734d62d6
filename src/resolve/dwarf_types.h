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

 private:
  void replace_declaration(Dwarf_Die& die);
  void index_definitions(Dwarf_Die& parent, const std::string& scope, int level);
  std::string qualified(Dwarf_Die& die);

  const DebugInfo& info_;
  std::unordered_map<void*, std::string> names_;            // by entry
  std::unordered_map<std::string, Dwarf_Die> definitions_;  // by qualified name
  bool has_definitions_ = false;
};

}  // namespace quarrel
