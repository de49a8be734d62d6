// What are the locks called whose holds were measured?
#pragma once

#include <vector>

#include "resolve/lock_identity.h"

namespace quarrel {

/// One object for each of Recording::lock_holds. What no variable leads to is described by the
/// function that takes it.
std::vector<DataObject> name_held_locks(const Recording& recording,
                                        const std::vector<ResolvedFrame>& frames,
                                        const AddressNames& names);

}  // namespace quarrel
