// Which records do the members of a variable point at: of a smart pointer, of a lambda's captures?
#pragma once

#include <cstdint>
#include <vector>

#include "model/capture.h"
#include "resolve/dwarf_types.h"

namespace quarrel {

struct PointedRecord {
  uint64_t start = 0;
  uint64_t size = 0;
  PlainType type;
  Dwarf_Die entry{};  ///< the pointer, whose DW_AT_type the record has
};

/// Follows pointer members of records on the copied stack, at a bounded cost. What a pointer leads
/// to is followed further only if it was copied as well (a lambda that captures by reference).
class PointedRecords {
 public:
  PointedRecords(TypeTable& types, const Capture& capture) : types_(types), capture_(capture) {}

  /// A record in memory.
  void follow(uint64_t start, PlainType type) { visit(start, type, 0); }

  /// A record whose bytes are this value, because it stands in a register.
  void follow_value(uint64_t value, PlainType type);

  std::vector<PointedRecord>& found() { return found_; }

 private:
  void visit(uint64_t start, PlainType type, int level);
  void visit_node(uint64_t start, PlainType& type);
  void visit_member(uint64_t address, PlainType type, int level);
  void visit_pointer(uint64_t target, Dwarf_Die pointer, int level);
  std::optional<uint64_t> read(uint64_t address) const;

  TypeTable& types_;
  const Capture& capture_;
  std::optional<uint64_t> value_;  // of a record in a register; its address is then 0
  std::vector<PointedRecord> found_;
  int members_ = 0;
};

}  // namespace quarrel
