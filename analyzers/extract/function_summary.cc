// What does a function do to what its caller hands it?
#include "extract/function_summary.h"

#include <algorithm>

namespace quarrel {

bool FunctionSummary::touches(int parameter) const {
  return std::any_of(accesses.begin(), accesses.end(),
                     [&](const ParameterAccess& access) { return access.parameter == parameter; });
}

void FunctionSummary::note(const ParameterAccess& access) {
  constexpr size_t kMaxAccesses = 8;  // what does more is no wrapper
  if (accesses.size() >= kMaxAccesses) return;
  if (std::find(accesses.begin(), accesses.end(), access) == accesses.end())
    accesses.push_back(access);
}

}  // namespace quarrel
