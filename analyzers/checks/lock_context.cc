// Which locks protect an access, also when a caller took them?
#include "checks/lock_context.h"

#include <algorithm>
#include <deque>
#include <iterator>

namespace quarrel {
namespace {

bool is_before(SourcePos left, SourcePos right) {
  return std::tie(left.line, left.column) < std::tie(right.line, right.column);
}

bool contains(const LockRegion& region, SourcePos position) {
  return region.begin.file == position.file && !is_before(position, region.begin) &&
         !is_before(region.end, position);
}

template <class Locks>
void sort_unique(Locks& locks) {
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
}

}  // namespace

LockContext::LockContext(const FactIndex& index)
    : index_(index), on_entry_(index.symbol_count()), is_open_(index.symbol_count(), true) {
  std::deque<SymbolId> pending;
  std::vector<bool> is_pending(index.symbol_count());
  for (const SourceFunction& function : index.facts().functions) {
    if (function.symbol.value >= is_open_.size()) continue;
    const bool is_root = index.calls_to(function.symbol).empty() ||
                         !index.starts_of(function.symbol).empty() || function.is_main;
    if (!is_root) continue;
    is_open_[function.symbol.value] = false;
    pending.push_back(function.symbol);
    is_pending[function.symbol.value] = true;
  }
  // Sets only shrink once a function has one, so this ends.
  while (!pending.empty()) {
    const SymbolId caller = pending.front();
    pending.pop_front();
    is_pending[caller.value] = false;
    for (const CallEdge* call : index.calls_from(caller)) {
      if (!narrow(index, *call) || is_pending[call->callee.value]) continue;
      is_pending[call->callee.value] = true;
      pending.push_back(call->callee);
    }
  }
}

SymbolId LockContext::lock_of(SymbolId lock) const {
  const auto regions = index_.lock_regions_in(lock);
  return regions.empty() ? lock : regions.front()->lock;
}

LockContext::Locks LockContext::held_at_call(const FactIndex& index, const CallEdge& call) const {
  Locks held = on_entry_[call.caller.value];
  for (const LockRegion* region : index.lock_regions_in(call.caller))
    if (region->mode != LockMode::kTry && contains(*region, call.position))
      held.push_back(lock_of(region->lock));
  sort_unique(held);
  return held;
}

bool LockContext::narrow(const FactIndex& index, const CallEdge& call) {
  if (call.callee.value >= on_entry_.size()) return false;
  Locks& known = on_entry_[call.callee.value];
  const bool is_first = is_open_[call.callee.value];
  if (!is_first && known.empty()) return false;
  Locks held = held_at_call(index, call);
  is_open_[call.callee.value] = false;
  if (is_first) {
    known = std::move(held);
    return true;
  }
  const size_t before = known.size();
  std::erase_if(known,
                [&](SymbolId lock) { return !std::binary_search(held.begin(), held.end(), lock); });
  return known.size() != before;
}

std::vector<SymbolId> LockContext::held_at(const AccessSite& site) const {
  Locks held;
  for (SymbolId lock : site.locks_held) held.push_back(lock_of(lock));
  if (site.function.value < on_entry_.size()) {
    const Locks& inherited = on_entry_[site.function.value];
    held.insert(held.end(), inherited.begin(), inherited.end());
  }
  sort_unique(held);
  return held;
}

bool LockContext::share_lock(const AccessSite& one, const AccessSite& other) const {
  const Locks left = held_at(one);
  const Locks right = held_at(other);
  Locks both;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(both));
  return !both.empty();
}

}  // namespace quarrel
