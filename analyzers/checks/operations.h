// Through which operations of a class or a module is a function reached?
#pragma once

#include <set>
#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// The outermost functions of the same class (for a free function: of the same file) whose calls
/// lead to `function`, or itself; sorted. What one operation touches, one thread touches: fields
/// that push() updates through two of its private functions are not fought over by them. Main and
/// thread entries are no operations: they combine those of others.
std::vector<SymbolId> operations_of(const FactIndex& index, SymbolId function);

/// What an operation does, itself and through the functions that it calls, a few calls deep.
std::set<SymbolId> reached_from(const FactIndex& index, SymbolId operation);

}  // namespace quarrel
