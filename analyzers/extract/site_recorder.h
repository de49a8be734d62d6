// Which accesses of a function are worth keeping, and which only touch what is its own?
#pragma once

#include <unordered_set>
#include <vector>

#include "extract/unit_facts.h"
#include "extract/value_flow.h"

namespace quarrel {

/// An access before it is known whether its object, or the object's root, is local and private.
struct PendingSite {
  AccessSite site;
  CXCursor local_object{};          ///< the local variable that is accessed; null: field or global
  CXCursor local_root{};            ///< the local variable that directly contains the object
  ValueFlow::Sources value_from{};  ///< the site's lists of that name, before it is known which
  ValueFlow::Sources guarded_by{};  ///< locals are shared
};

/// Gathers the accesses of one function with its lambdas. Locals are kept only if another thread
/// can see them; accesses to members of a private local are marked as initialisation.
class SiteRecorder {
 public:
  explicit SiteRecorder(UnitFacts& unit) : unit_(unit) {}

  void add(PendingSite site) { pending_.push_back(std::move(site)); }
  void declare_local(CXCursor variable, SymbolId function) { declared_in_[variable] = function; }
  void declare_lambda(SymbolId lambda, SymbolId parent) { parents_[lambda] = parent; }
  /// `[variable]` or `[=]`: what the lambda accesses by that name is its own copy.
  void declare_copy(SymbolId lambda, CXCursor variable) { copies_[lambda].insert(variable); }
  void add_thread_entry(SymbolId entry) { entries_.insert(entry); }
  void share(CXCursor variable) { shared_.insert(variable); }

  /// Decides and moves the kept sites into the facts.
  void finish();

 private:
  bool crosses_threads(CXCursor variable, SymbolId function) const;
  void share_captured();
  std::vector<SymbolId> shared_of(const ValueFlow::Sources& sources);

  UnitFacts& unit_;
  std::vector<PendingSite> pending_;
  CursorMap<SymbolId> declared_in_;
  std::unordered_map<SymbolId, SymbolId> parents_;
  std::unordered_map<SymbolId, CursorSet> copies_;
  std::unordered_set<SymbolId> entries_;
  CursorSet shared_;
};

}  // namespace quarrel
