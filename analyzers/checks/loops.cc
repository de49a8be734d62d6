// What happens inside a loop?
#include "checks/loops.h"

#include <map>
#include <tuple>

namespace quarrel {
namespace {

bool contains(const SourceLoop& loop, SourcePos position) {
  auto order = [](SourcePos place) { return std::tuple(place.line, place.column); };
  return loop.begin.file == position.file && order(loop.begin) <= order(position) &&
         order(position) <= order(loop.end);
}

}  // namespace

std::vector<LoopContents> loops_of(const FactIndex& index) {
  std::map<SymbolId, std::vector<const SourceAllocation*>> allocations;
  for (const SourceAllocation& allocation : index.facts().allocations)
    allocations[allocation.function].push_back(&allocation);
  std::vector<LoopContents> found;
  for (const SourceLoop& loop : index.facts().loops) {
    if (index.is_system(loop.begin.file)) continue;
    LoopContents contents{.loop = &loop};
    for (const AccessSite* site : index.accesses_in(loop.function))
      if (contains(loop, site->position)) contents.accesses.push_back(site);
    if (contents.accesses.empty()) continue;
    for (const CallEdge* call : index.calls_from(loop.function))
      if (contains(loop, call->position)) contents.calls.push_back(call);
    for (const SourceAllocation* allocation : allocations[loop.function])
      if (contains(loop, allocation->position)) contents.allocations.push_back(allocation);
    found.push_back(std::move(contents));
  }
  return found;
}

}  // namespace quarrel
