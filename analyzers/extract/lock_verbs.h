// Does the name of a function or macro say that it takes or gives back a lock?
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "extract/lock_calls.h"

namespace quarrel {

struct LockVerb {
  LockStep step = LockStep::kAcquire;
  LockMode mode = LockMode::kExclusive;
  bool names_lock = false;  ///< says what kind of lock: "spin_lock", "mutex_unlock"
};

/// "ck_spinlock_lock", "SCMutexUnlock", "read_lock", "HA_RWLOCK_WRLOCK". Nothing for "lock_init",
/// "is_locked" and the like.
std::optional<LockVerb> lock_verb_of(std::string_view name);

/// What "STATS_LOCK" and "STATS_UNLOCK", "item_rdlock" and "item_unlock" have in common.
std::string name_without_lock_verb(std::string_view name);

}  // namespace quarrel
