// Which locks does a thread hold at this point of a function?
#include "extract/lock_tracker.h"

#include <algorithm>
#include <cstddef>

namespace quarrel {

void LockTracker::hold(LockRegion region, CXCursor guard, size_t scope) {
  held_.push_back({region.lock, regions_.size(), guard, scope});
  regions_.push_back(std::move(region));
}

void LockTracker::acquire(LockRegion region, CXCursor guard) {
  hold(std::move(region), guard, scope_);
}

void LockTracker::release(SymbolId lock, SourcePos at) {
  for (size_t i = held_.size(); i-- > 0;) {
    if (held_[i].lock != lock) continue;
    end_region(held_[i], at);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
  unheld_.push_back(lock);
}

std::vector<SymbolId> LockTracker::released_unheld() const {
  std::vector<SymbolId> locks;
  for (SymbolId lock : unheld_) {
    const bool is_acquired =
        std::any_of(regions_.begin(), regions_.end(),
                    [&](const LockRegion& region) { return region.lock == lock; });
    const bool is_known = std::find(locks.begin(), locks.end(), lock) != locks.end();
    if (!is_acquired && !is_known) locks.push_back(lock);
  }
  return locks;
}

void LockTracker::declare_guard(CXCursor guard, std::vector<LockRegion> regions, bool is_held) {
  if (is_held)
    for (const LockRegion& region : regions) acquire(region, guard);
  guards_[guard] = {std::move(regions), scope_};
}

void LockTracker::release_guard(CXCursor guard, SourcePos at) {
  std::erase_if(held_, [&](const Held& held) {
    if (clang_equalCursors(held.guard, guard) == 0) return false;
    end_region(held, at);
    return true;
  });
}

void LockTracker::reacquire_guard(CXCursor guard, SourcePos at) {
  auto known = guards_.find(guard);
  if (known == guards_.end()) return;
  release_guard(guard, at);
  for (LockRegion& declared : known->second.regions) {
    if (declared.mode == LockMode::kTry) declared.mode = LockMode::kExclusive;
    LockRegion region = declared;
    region.begin = at;
    hold(std::move(region), guard, known->second.scope);
  }
}

void LockTracker::leave_scope(SourcePos at) {
  std::erase_if(held_, [&](const Held& held) {
    if (held.scope < scope_ || is_null(held.guard)) return false;
    end_region(held, at);
    return true;
  });
  --scope_;
}

/// A lock that was given back and taken again on the other way is held on both.
void LockTracker::join_state(const State& other, SourcePos at) {
  std::erase_if(held_, [&](const Held& held) {
    const auto there = std::find_if(other.begin(), other.end(), [&](const Held& each) {
      return each.lock == held.lock && clang_equalCursors(each.guard, held.guard) != 0;
    });
    if (there == other.end()) return true;
    if (there->region != held.region) end_region(*there, at);
    return false;
  });
}

std::vector<LockRegion> LockTracker::held_by(CXCursor guard) const {
  const bool is_held = std::any_of(held_.begin(), held_.end(), [&](const Held& held) {
    return clang_equalCursors(held.guard, guard) != 0;
  });
  const auto known = guards_.find(guard);
  return is_held && known != guards_.end() ? known->second.regions : std::vector<LockRegion>();
}

std::vector<SymbolId> LockTracker::locks_held() const {
  std::vector<SymbolId> locks;
  for (const Held& held : held_) locks.push_back(held.lock);
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
  return locks;
}

void LockTracker::note_object(SymbolId object) {
  for (const Held& held : held_) regions_[held.region].objects.push_back(object);
}

void LockTracker::note_call(SymbolId callee) {
  for (const Held& held : held_) regions_[held.region].calls.push_back(callee);
}

std::vector<LockRegion> LockTracker::finish(SourcePos at) {
  for (const Held& held : held_) end_region(held, at);
  held_.clear();
  for (LockRegion& region : regions_)
    if (!region.end.file.is_valid()) region.end = at;
  return std::move(regions_);
}

}  // namespace quarrel
