// What happens inside a loop?
#pragma once

#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// The facts that lie between the begin and the end of one loop, inner loops included.
struct LoopContents {
  const SourceLoop* loop = nullptr;
  std::vector<const AccessSite*> accesses;
  std::vector<const CallEdge*> calls;
  std::vector<const SourceAllocation*> allocations;
};

/// The loops of the user's functions that access anything, in the order of the facts.
std::vector<LoopContents> loops_of(const FactIndex& index);

/// Does the loop run without a fixed end: is it neither counted nor a walk over elements?
inline bool is_open_ended(const LoopContents& contents) {
  return !contents.loop->is_counted;
}

inline bool is_read_modify_write(SourceAccess access) {
  return access == SourceAccess::kReadModifyWrite || access == SourceAccess::kCompareExchange;
}

}  // namespace quarrel
