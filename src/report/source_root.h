// Below which directory do the sources of a report lie, so that it need not be repeated?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// The directory, without a slash at the end, that all absolute paths of the user's sources have in
/// common; where the findings also name files relative to a project (from --facts), that project's.
/// Empty if there is none, or only "/".
std::string source_root(const Diagnosis& diagnosis);

/// The same diagnosis with all paths relative to `root`, also within its sentences.
Diagnosis relative_to(const std::string& root, Diagnosis diagnosis);

}  // namespace quarrel
