// Which word is used under a lock in most places, and without it in others?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/shared_objects.h"

namespace quarrel {

/// A plain word whose writers hold a lock, and the places that use it without any.
std::optional<Complaint> inconsistent_locking(const CheckContext& context,
                                              const ObjectTable& objects,
                                              const SharedObject& object);

}  // namespace quarrel
