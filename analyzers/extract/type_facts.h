// What does the type of a field or variable say: array, atomic, lock, record?
#pragma once

#include <clang-c/Index.h>

#include <cstdint>

#include "model/source_facts.h"

namespace quarrel {

struct TypeFacts {
  CXCursor record{};          ///< declaration of the (element) record; null if it is none
  uint64_t array_length = 0;  ///< elements of all dimensions together; 0: no array
  bool is_atomic = false;
  bool is_volatile = false;
  bool is_const = false;
  LockClass lock = LockClass::kNone;
};

/// std::array counts as the array that it is.
TypeFacts facts_of_type(CXType type);

/// The lock that a type is: of std, of pthread, or a user's record that wraps one and has methods
/// to lock and unlock it. Typedefs are looked through.
LockClass lock_class_of(CXType type);

bool is_atomic_type(CXType type);

/// True for std::atomic_ref and what libstdc++ builds it from.
bool is_atomic_ref_type(CXType type);

/// True for RAII guards: those of std, and a user's class with a destructor and a pointer or
/// reference to a lock.
bool is_lock_guard(CXType type);

/// Declaration of the record, of its template if it is an instantiation: there the members show.
CXCursor visible_declaration(CXCursor record);

/// Size in bytes, or 0 if the compiler cannot tell.
uint64_t size_of(CXType type);
uint64_t align_of(CXType type);

}  // namespace quarrel
