// Is a call, or the macro that it comes from, one that is known by name?
#pragma once

#include <optional>

#include "extract/atomic_operation.h"
#include "extract/lock_calls.h"
#include "extract/thread_starts.h"

namespace quarrel {

std::optional<AtomicOperation> primitive_access(CXCursor call);
std::optional<LockCall> primitive_lock(CXCursor call);
std::optional<ThreadStart> primitive_thread(CXCursor call);

}  // namespace quarrel
