// Which accesses of a function are worth keeping, and which only touch what is its own?
#include "extract/site_recorder.h"

#include <algorithm>

namespace quarrel {

/// True if `function` is, or stands in, a lambda that a thread runs, and the variable lives
/// outside.
bool SiteRecorder::crosses_threads(CXCursor variable, SymbolId function) const {
  auto home = declared_in_.find(variable);
  if (home == declared_in_.end()) return false;
  bool is_in_entry = false;
  // Lambdas that one macro brings, one in the other, have one place and so one symbol: a circle.
  for (size_t steps = 0; function != home->second && steps <= parents_.size(); ++steps) {
    is_in_entry |= entries_.contains(function);
    auto copies = copies_.find(function);
    if (copies != copies_.end() && copies->second.contains(variable)) return false;
    auto parent = parents_.find(function);
    if (parent == parents_.end()) return is_in_entry;
    function = parent->second;
  }
  return is_in_entry;
}

void SiteRecorder::share_captured() {
  for (const PendingSite& pending : pending_)
    for (CXCursor variable : {pending.local_object, pending.local_root})
      if (!is_null(variable) && crosses_threads(variable, pending.site.function)) share(variable);
}

std::vector<SymbolId> SiteRecorder::shared_of(const ValueFlow::Sources& sources) {
  std::vector<SymbolId> objects;
  for (const FlowSource& source : sources) {
    if (is_null(source.local))
      objects.push_back(source.object);
    else if (shared_.contains(source.local))
      objects.push_back(unit_.variable_symbol(source.local));
  }
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  return objects;
}

void SiteRecorder::finish() {
  share_captured();
  for (PendingSite& pending : pending_) {
    if (!is_null(pending.local_object)) {
      if (!shared_.contains(pending.local_object)) continue;
      pending.site.object = unit_.variable_symbol(pending.local_object);
    }
    if (!is_null(pending.local_root) && !shared_.contains(pending.local_root))
      pending.site.is_initialization = true;
    pending.site.value_from = shared_of(pending.value_from);
    pending.site.guarded_by = shared_of(pending.guarded_by);
    unit_.facts.accesses.push_back(std::move(pending.site));
  }
  pending_.clear();
}

}  // namespace quarrel
