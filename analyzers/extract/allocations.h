// Does an expression allocate memory for objects of a record, and how well aligned is it?
#pragma once

#include <optional>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

/// An allocation whose record has no symbol yet.
struct Allocation {
  CXCursor record{};
  SourceAllocation facts;  ///< without record, function and position
};

/// malloc and its kin (also wrappers, known by their names), std::make_shared and the like, and
/// the growing members of std::vector. `receiver` is what the result is cast to, or invalid: of
/// `sizeof`, cast and pointer type the first tells the record. `has_aligned_new`: as in
/// TranslationUnit.
std::optional<Allocation> allocation_by_call(CXCursor call, CXType receiver, bool has_aligned_new);

/// `new T`, `new T[n]`; placement new too, which allocates nothing but has the buffer's alignment.
std::optional<Allocation> allocation_by_new(CXCursor expression, bool has_aligned_new);

}  // namespace quarrel
