// What do all the regions of one lock have in common?
#pragma once

#include <set>
#include <string>
#include <vector>

#include "checks/shared_objects.h"

namespace quarrel {

/// One lock with the regions that it protects, as far as functions of the user show them.
struct LockUsage {
  const SharedObject* lock = nullptr;
  std::vector<const LockRegion*> regions;  ///< outside constructors and destructors

  /// Functions in which the lock is taken.
  std::set<SymbolId> functions() const;
  bool has_mode(LockMode mode) const;
};

/// Is it the lock inside a class that is itself a lock or a guard? Then the outer object says which
/// lock it is, and the facts do not.
bool is_inner_lock(const SharedObject& lock);

/// All locks of the user that are taken anywhere, except inner ones.
std::vector<LockUsage> lock_usages(const FactIndex& index, const ObjectTable& objects);

/// The unqualified name of what is called: of the user's functions and of libraries, "size".
std::string called_name(const FactIndex& index, SymbolId callee);

/// Does the compiler's symbol say that the function takes no arguments? C symbols do not say.
bool takes_nothing(const FactIndex& index, SymbolId callee);

/// Are all calls of the region to functions of those names?
bool calls_only(const FactIndex& index, const LockRegion& region,
                std::span<const std::string_view> names);

/// Accesses to the object within the region.
std::vector<const AccessSite*> accesses_within(const FactIndex& index, const LockRegion& region,
                                               SymbolId object);

/// Objects of the region that are no locks themselves.
std::vector<const SharedObject*> guarded_objects(const ObjectTable& objects,
                                                 const LockRegion& region);

}  // namespace quarrel
