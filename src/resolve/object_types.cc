// What does the type of a DWARF member or variable say: array, atomic, lock, record?
#include "resolve/object_types.h"

#include <algorithm>
#include <limits>

#include "resolve/dwarf_members.h"
#include "resolve/dwarf_tree.h"

namespace quarrel {
namespace {

constexpr int kMaxTypeChain = 64;
constexpr int kMaxNesting = 64;  // of records in one another that are asked for their locks

void add_class(const TypeClass& type, ObjectType& object) {
  object.is_atomic = object.is_atomic || type.is_atomic;
  if (object.lock == LockClass::kNone) object.lock = type.lock;
}

void add_length(uint64_t length, ObjectType& object) {
  const uint64_t before = std::max<uint64_t>(object.array_length, 1);
  // A flexible array member has no elements of its own.
  length = std::max<uint64_t>(length, 1);
  const bool is_sane = length <= std::numeric_limits<uint64_t>::max() / before;
  object.array_length = is_sane ? before * length : before;
}

bool is_any_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ObjectType ObjectTypes::of(Dwarf_Die& entry) {
  ObjectType object;
  if (auto type = types_.type_of(entry)) object.size_bytes = types_.size_of(*type);
  if (object.size_bytes > kMaxObjectBytes) object.size_bytes = 0;
  follow(entry, object);
  for (int i = 0; i < kMaxTypeChain && object.element; ++i) {
    if (!types_.record_name(*object.element).starts_with("std::array<")) break;
    enter_std_array(object);
  }
  classify_element(object);
  return object;
}

void ObjectTypes::follow(Dwarf_Die entry, ObjectType& object) {
  object.element.reset();
  for (int i = 0; i < kMaxTypeChain; ++i) {
    auto next = referenced(entry, DW_AT_type);
    if (!next) return;
    switch (dwarf_tag(&*next)) {
      case DW_TAG_typedef:
        add_class(class_of_type_name(types_.qualified(*next)), object);
        break;
      case DW_TAG_const_type:
        object.is_const = true;
        break;
      case DW_TAG_volatile_type:
        object.is_volatile = true;
        break;
      case DW_TAG_atomic_type:
        object.is_atomic = true;
        break;
      case DW_TAG_restrict_type:
        break;
      case DW_TAG_array_type:
        for (uint64_t length : dimensions_of(*next)) add_length(length, object);
        break;
      default:
        object.element = types_.type_of(entry);
        return;
    }
    entry = *next;
  }
}

void ObjectTypes::enter_std_array(ObjectType& object) {
  PlainType record = *object.element;
  object.element.reset();
  for_each_child(record.die, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) != DW_TAG_member || !is_in_object(child)) return true;
    follow(child, object);
    return false;
  });
}

void ObjectTypes::classify_element(ObjectType& object) {
  if (!object.element || !object.element->is_record()) return;
  add_class(class_of_type_name(types_.record_name(*object.element)), object);
  if (!object.is_atomic && object.lock == LockClass::kNone)
    object.lock = wrapped_lock(*object.element);
}

// A user's record that has methods to lock and unlock it, and a lock or an atomic as a member.
LockClass ObjectTypes::wrapped_lock(PlainType& record) {
  // What lies deeper is no part of a lock; it is looked at when its turn comes.
  if (nesting_ >= kMaxNesting) return LockClass::kNone;
  auto [place, is_new] = wrappers_.try_emplace(record.die.addr, LockClass::kNone);
  if (!is_new) return place->second;
  ++nesting_;
  const LockClass lock = lock_within(record);
  --nesting_;
  wrappers_[record.die.addr] = lock;
  return lock;
}

LockClass ObjectTypes::lock_within(PlainType& record) {
  if (is_library_type_name(types_.record_name(record))) return LockClass::kNone;
  bool locks = false;
  bool unlocks = false;
  LockClass inner = LockClass::kNone;
  for_each_child(record.die, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) {
      const std::string name = name_of(child);
      locks = locks || is_any_of(name, {"lock", "Lock", "WriterLock", "WriteLock", "acquire"});
      unlocks = unlocks ||
                is_any_of(name, {"unlock", "Unlock", "WriterUnlock", "WriteUnlock", "release"});
    }
    if (tag == DW_TAG_member && is_in_object(child)) {
      const ObjectType member = of(child);
      inner = std::max(inner, member.is_atomic ? LockClass::kSpin : member.lock);
    }
    return true;
  });
  return locks && unlocks ? inner : LockClass::kNone;
}

}  // namespace quarrel
