// Which static local variables does a function read and write as if it were the only caller?
#pragma once

#include <optional>

#include "checks/complaint.h"
#include "checks/shared_objects.h"

namespace quarrel {

/// Does the program have atomics or locks of its own? Else it need not expect threads.
bool expects_threads(const FactIndex& index);

/// A plain static local word that its function reads and writes without a lock, unless only main
/// runs the function.
std::optional<Complaint> static_state(const CheckContext& context, const SharedObject& object);

}  // namespace quarrel
