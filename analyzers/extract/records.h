// How do the members of a record lie, down to the bit?
#pragma once

#include <unordered_set>
#include <vector>

#include "extract/unit_facts.h"

namespace quarrel {

/// Enters records with their layouts, and all records that their fields and bases are made of.
/// Records of system headers are named but not described: nobody can rearrange them.
class RecordExtractor {
 public:
  explicit RecordExtractor(UnitFacts& unit) : unit_(unit) {}

  /// The record behind a type: element of an array, target of a pointer, argument of a container.
  void add_type(CXType type);

  /// The record of a declaration, if it is a definition that has a layout.
  void add_declaration(CXCursor declaration);

  /// A class template, or a class nested in one: others may know it by no instantiation.
  void add_pattern(CXCursor pattern);

  /// A typedef or alias that is aligned more strictly than its record; others are no facts.
  void add_typedef(CXCursor declaration);

 private:
  void add_template_arguments(CXType type, int depth);
  void add_record(CXType type, CXCursor declaration);
  void add_bases(SourceRecord& record, CXCursor declaration);
  void add_fields(SourceRecord& record, CXType type, uint64_t start_bits);
  void add_field(SourceRecord& record, CXCursor field, uint64_t start_bits);

  UnitFacts& unit_;
  CursorSet seen_;
  std::unordered_set<const void*> seen_types_;  ///< canonical, by libclang's handle
};

}  // namespace quarrel
