// Which function did a call name, if the code that it reached has no symbol?
#pragma once

#include <string>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Libraries without debug information have symbols for what they export only. Parts of an exported
/// function that are rarely run stand apart from it without a symbol, and static functions that it
/// jumps to have none. The call that reached them names the exported function all the same, by way
/// of the caller's procedure linkage table: frames without a symbol get that name.
///
/// Reads program headers, the dynamic section and bytes of code of the callers' files, checked as
/// CodeImage does.
void name_called_code(const Recording& recording, const std::string& sysroot,
                      std::vector<ResolvedFrame>& frames);

}  // namespace quarrel
