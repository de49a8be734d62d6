// How do names travel from the process that read them to the one that reports them?
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "resolve/module_names.h"

namespace quarrel {

std::string pack_names(ModuleNames names);

/// The bytes are untrusted: the debug information may have taken over the process that wrote them.
/// Error: a length or a value that cannot be, or bytes left over.
Result<ModuleNames> unpack_names(std::string_view bytes);

}  // namespace quarrel
