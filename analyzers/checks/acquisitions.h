// Where is a lock taken, seen as a write to the memory of the lock?
#pragma once

#include <span>
#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// Who takes a lock writes its word, whatever kind of lock it is: every lock region begins with
/// such an access. Locks that the facts know as plain words have access sites besides.
class Acquisitions {
 public:
  explicit Acquisitions(const FactIndex& index);
  Acquisitions(const Acquisitions&) = delete;
  Acquisitions& operator=(const Acquisitions&) = delete;

  std::span<const AccessSite* const> of(SymbolId lock) const { return by_lock_.of(lock); }

 private:
  std::vector<AccessSite> sites_;
  SymbolGroups<AccessSite> by_lock_;  // points into sites_
};

}  // namespace quarrel
