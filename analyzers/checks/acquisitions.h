// Where is a lock taken, seen as a write to the memory of the lock?
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// Is it named as a lock: "rq_lock", "mutex_"; not "lock_count"?
bool is_named_lock(std::string_view name);

/// Who takes a lock writes its word, whatever kind of lock it is: every lock region begins with
/// such an access. The address of a plain word that is named as a lock is taken to lock it.
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
