// What is a kind of wait called, wherever a user reads it?
#pragma once

#include <string>

#include "model/profile.h"

namespace quarrel {

/// "mutex", "rwlock read", "condition variable", ...: part of the JSON contract (waits.kind).
std::string wait_kind_name(WaitKind kind);

}  // namespace quarrel
