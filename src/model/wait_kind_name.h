// What is a kind of wait called, wherever a user reads it?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// "mutex", "rwlock read", "condition variable", ...: part of the JSON contract (waits.kind).
std::string wait_kind_name(WaitKind kind);

/// "recursive", "process-shared", "timed", ...: part of the JSON contract (waits.attributes).
std::vector<std::string> attribute_names(const LockAttributes& attributes);

/// True if the function (demangled) waits for a condition variable of glibc, libstdc++ or another
/// runtime: a mutex that is waited for below it is taken back.
bool waits_for_condition(std::string_view function);

}  // namespace quarrel
