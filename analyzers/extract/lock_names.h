// Does the name of a type say that it is a lock?
#pragma once

#include <string_view>

#include "model/source_facts.h"

namespace quarrel {

/// Reads the words of a type name, be they joined by underscores or capitals: "my_rwlock_t",
/// "SpinLock", "boost::mutex". kNone for guards ("ScopedLock", "MutexLock", "lock_guard") and for
/// what only has to do with locks ("lock_stats", "Clock", "BlockHeader").
LockClass lock_class_of_name(std::string_view type_name);

}  // namespace quarrel
