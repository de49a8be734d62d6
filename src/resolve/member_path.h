// Which field of a record does an offset belong to, as a user would name it?
#pragma once

#include "model/profile.h"
#include "resolve/dwarf_types.h"

namespace quarrel {

/// The field at an offset of an object. The path ends at the user's own field: at `mu_`, not at
/// `mu_._M_mutex.__data.__lock`, and at the atomic, not at `_M_i`. Records of libstdc++ and of
/// pthreads, and records that are locks by name inside of another record, are not entered.
struct MemberPath {
  std::string record;       ///< innermost named record of the user; empty: none
  std::string field;        ///< below `record`: "slots[3].hits"
  std::string from_object;  ///< below the object: "[2].limiter_.mu_", ".a" or empty
  std::string type;
  uint64_t offset = 0;  ///< of the field in the object, bytes
  uint64_t size = 0;
  uint64_t record_offset = 0;  ///< of the field in `record`, bytes
  CodeLocation declared;       ///< of the field; empty without one
  std::string leaf;            ///< innermost member there, also of a library: "_M_start"
  PlainType leaf_type;         ///< of it; its tag is 0 without one
};

/// `entry` is the variable, member or pointer whose type the object has.
MemberPath member_at(TypeTable& types, Dwarf_Die& entry, PlainType type, uint64_t offset);

/// Fills record, field, type, address, size and declaration of an object that is found by a path
/// from another one at `object_address`, the variable declared there.
void describe(DataObject& object, const MemberPath& path, uint64_t object_address,
              const CodeLocation& variable_declaration);

/// True for names like "Mutex", "SpinLock", "mysql_mutex_t": naming a field of such a record says
/// less than naming the field that holds it.
bool is_lock_name(std::string_view record);

}  // namespace quarrel
