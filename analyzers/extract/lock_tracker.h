// Which locks does a thread hold at this point of a function?
#pragma once

#include <string>
#include <vector>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

/// Follows one function in source order. Knows scopes (RAII guards end with theirs) and branches
/// (the caller saves the state before and joins it after); loops are taken as executed once.
class LockTracker {
 public:
  struct Held {
    SymbolId lock;
    size_t region = 0;
    CXCursor guard{};  ///< the guard variable; null for a plain lock()
    size_t scope = 0;
  };
  using State = std::vector<Held>;

  /// What an acquisition looks like; `region.end` is set when it ends.
  void acquire(LockRegion region, CXCursor guard);
  void release(SymbolId lock, SourcePos at);

  /// A guard variable: its locks are remembered, so that guard.unlock() and lock() work.
  void declare_guard(CXCursor guard, std::vector<LockRegion> regions, bool is_held);
  void release_guard(CXCursor guard, SourcePos at);
  void reacquire_guard(CXCursor guard, SourcePos at);

  /// The locks of a guard variable, if it holds them here.
  std::vector<LockRegion> held_by(CXCursor guard) const;

  void enter_scope() { ++scope_; }
  void leave_scope(SourcePos at);

  const State& state() const { return held_; }
  void set_state(State state) { held_ = std::move(state); }
  /// Keeps only what is held on both ways into the place `at`.
  void join_state(const State& other, SourcePos at);

  LockMode mode_of(const Held& held) const { return regions_[held.region].mode; }

  /// Locks that were released without being held, and never acquired before.
  std::vector<SymbolId> released_unheld() const;

  std::vector<SymbolId> locks_held() const;  ///< sorted, without duplicates

  /// Puts an object or a callee into every region that is open.
  void note_object(SymbolId object);
  void note_call(SymbolId callee);

  /// Ends what is still held, at the end of the function, and hands over all regions.
  std::vector<LockRegion> finish(SourcePos at);

 private:
  struct Guard {
    std::vector<LockRegion> regions;
    size_t scope = 0;  ///< of the variable: what it holds ends there, wherever it was locked
  };

  void hold(LockRegion region, CXCursor guard, size_t scope);
  void end_region(const Held& held, SourcePos at) { regions_[held.region].end = at; }

  size_t scope_ = 0;
  State held_;
  std::vector<LockRegion> regions_;
  std::vector<SymbolId> unheld_;
  CursorMap<Guard> guards_;
};

}  // namespace quarrel
