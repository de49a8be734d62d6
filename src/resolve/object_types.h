// What does the type of a DWARF member or variable say: array, atomic, lock, record, alignment?
#pragma once

#include <optional>
#include <unordered_map>

#include "model/source_facts.h"
#include "resolve/dwarf_types.h"
#include "resolve/type_classes.h"

namespace quarrel {

struct ObjectType {
  std::optional<PlainType> element;  ///< without arrays, typedefs and qualifiers
  uint64_t size_bytes = 0;           ///< of all elements; 0: unknown
  uint64_t array_length = 0;         ///< elements of all dimensions together; 0: no array
  bool is_atomic = false;
  bool is_volatile = false;
  bool is_const = false;
  LockClass lock = LockClass::kNone;
};

/// Reads types of one module. The DWARF is untrusted: chains of types are bounded, and each record
/// is judged once.
class ObjectTypes {
 public:
  explicit ObjectTypes(TypeTable& types) : types_(types) {}

  /// std::array counts as the array that it is.
  ObjectType of(Dwarf_Die& entry);

  /// Bytes; what DW_AT_alignment says, else what the members need. At least 1.
  uint64_t alignment_of(Dwarf_Die& entry);
  uint64_t alignment_of_type(Dwarf_Die type) { return type_alignment(type, 0); }

  /// The number that the declaration of a member, variable or type itself asks for; 0: none.
  static uint64_t asked_alignment(Dwarf_Die& entry);

 private:
  void follow(Dwarf_Die entry, ObjectType& object);
  void enter_std_array(ObjectType& object);
  void classify_element(ObjectType& object);
  LockClass wrapped_lock(PlainType& record);
  LockClass lock_within(PlainType& record);
  uint64_t type_alignment(Dwarf_Die type, int depth);
  uint64_t record_alignment(Dwarf_Die& record, int depth);
  uint64_t member_alignment(Dwarf_Die& member, int depth);

  TypeTable& types_;
  std::unordered_map<void*, uint64_t> alignments_;
  std::unordered_map<void*, LockClass> wrappers_;
  int nesting_ = 0;
};

}  // namespace quarrel
