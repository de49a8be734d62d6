// Through which operations of a class or a module is a function reached?
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// The outermost functions of the same class (for a free function: of the same file) whose calls
/// lead to `function`, or itself; sorted. What one operation touches, one thread touches: fields
/// that push() updates through two of its private functions are not fought over by them. Main and
/// thread entries are no operations: they combine those of others.
std::vector<SymbolId> operations_of(const FactIndex& index, SymbolId function);

/// The same, found once for each function: checks ask for the same few again and again.
class Operations {
 public:
  explicit Operations(const FactIndex& index) : index_(index) {}
  const std::vector<SymbolId>& of(SymbolId function) const;

 private:
  const FactIndex& index_;
  mutable std::unordered_map<SymbolId, std::vector<SymbolId>> known_;
};

/// What an operation does, itself and through the functions that it calls, a few calls deep.
std::set<SymbolId> reached_from(const FactIndex& index, SymbolId operation);

}  // namespace quarrel
