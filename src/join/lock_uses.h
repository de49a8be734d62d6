// How is every lock used, contended or not?
#pragma once

#include <optional>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// Locks of one name are one entry, as the mutexes of 64 shards are. nullopt if lock_holds did not
/// record.
std::optional<LockUses> lock_uses(const Profile& profile);

}  // namespace quarrel
