// Which locks protect an access, also when a caller took them?
#pragma once

#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// Locks that are held whenever a function is entered: those that every call to it holds. A
/// function that nothing calls (an interface, a thread entry) is entered without locks. Locks are
/// told apart by field or variable, not by object.
class LockContext {
 public:
  explicit LockContext(const FactIndex& index);

  /// Sorted: the locks that the function holds there, and those that all its callers hold.
  std::vector<SymbolId> held_at(const AccessSite& site) const;

  /// Is there a lock that both accesses hold?
  bool share_lock(const AccessSite& one, const AccessSite& other) const;

 private:
  using Locks = std::vector<SymbolId>;
  /// A function that takes a lock stands for it in units that do not see its body.
  SymbolId lock_of(SymbolId lock) const;
  Locks held_at_call(const FactIndex& index, const CallEdge& call) const;
  /// True if the callee now has fewer locks, or its first.
  bool narrow(const FactIndex& index, const CallEdge& call);

  const FactIndex& index_;
  std::vector<Locks> on_entry_;  // by symbol; sorted
  std::vector<bool> is_open_;    // by symbol: not narrowed yet, so every lock may be held
};

}  // namespace quarrel
