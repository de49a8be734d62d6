// Of which words is a name made?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// "ha_rwlock_wrlock", "SCMutexLock2" in small letters and without digits: ha, rwlock, wrlock; sc,
/// mutex, lock.
std::vector<std::string> name_parts(std::string_view name);

}  // namespace quarrel
