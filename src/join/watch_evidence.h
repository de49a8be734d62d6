// Do hardware watchpoints confirm that threads share a line?
#pragma once

#include <optional>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// What watchpoints on bytes of the line saw; nothing if none stood there.
std::optional<Watched> watched_line(const LineProfile& line, const Recording& recording);

}  // namespace quarrel
