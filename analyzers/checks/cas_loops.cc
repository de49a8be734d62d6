// Which loops try a compare-exchange until it succeeds?
#include "checks/cas_loops.h"

#include <algorithm>
#include <map>

namespace quarrel {
namespace {

const AccessSite* cas_in(const LoopContents& contents) {
  const auto found =
      std::find_if(contents.accesses.begin(), contents.accesses.end(), [](const AccessSite* site) {
        return site->access == SourceAccess::kCompareExchange && is_atomic_form(site->form);
      });
  return found == contents.accesses.end() ? nullptr : *found;
}

}  // namespace

bool CasLoop::is_retried(SourcePos position) const {
  // What stands behind a condition is the body of a while loop: it runs when the attempt failed.
  return cas->is_in_loop_condition || position < cas->position;
}

std::vector<CasLoop> cas_loops(const FactIndex& index) {
  std::map<const AccessSite*, CasLoop> innermost;
  for (LoopContents& contents : loops_of(index)) {
    const AccessSite* cas = cas_in(contents);
    if (cas == nullptr || !is_open_ended(contents)) continue;
    CasLoop& known = innermost[cas];
    if (known.cas != nullptr && known.contents.loop->depth >= contents.loop->depth) continue;
    known = {.contents = std::move(contents), .cas = cas};
  }
  std::vector<CasLoop> found;
  for (auto& [cas, loop] : innermost) found.push_back(std::move(loop));
  std::sort(found.begin(), found.end(),
            [](const CasLoop& a, const CasLoop& b) { return a.cas->position < b.cas->position; });
  return found;
}

}  // namespace quarrel
