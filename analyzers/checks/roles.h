// Which threads may run a function, and can two functions run at the same time?
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "checks/fact_index.h"

namespace quarrel {

using RoleId = Id<struct RoleTag>;

/// A kind of thread: main, or all threads that run one entry function. The mains of several
/// programs are one role: they never run at the same time in one process.
struct Role {
  SymbolId entry;                      ///< of the main role: one of the mains
  std::string name;                    ///< "main" or the name of the entry function
  bool is_many = false;                ///< several threads of this role live at the same time
  const ThreadEntry* start = nullptr;  ///< the first place that starts one; nullptr for main
};

/// What is known about two functions running at the same time in two threads.
enum class Overlap : uint8_t {
  kNever,           ///< only one thread, the same, runs both; of main: close to it, as far as known
  kUnknown,         ///< nothing in the facts runs at least one of them
  kSameRole,        ///< threads of one role run both
  kDifferentRoles,  ///< proven: threads of different roles run them
};

/// Thread roles by reachability over the call graph of all translation units, from main and from
/// every function that a thread is started on. Calls through pointers and virtual calls that the
/// facts do not resolve are missing from it: a function that no role reaches has no known role and
/// may be called by any thread.
class ThreadRoles {
 public:
  explicit ThreadRoles(const FactIndex& index);

  const std::vector<Role>& all() const { return roles_; }
  const Role& operator[](RoleId role) const { return roles_[role.value]; }

  /// Sorted; empty if no role is known to run the function.
  const std::vector<RoleId>& of(SymbolId function) const;

  /// Does a thread get to the function from within a loop (of any function on the way)? Of a
  /// function without a known role: is it called in a loop anywhere?
  bool is_called_in_loop(SymbolId function) const;

  Overlap overlap(SymbolId one, SymbolId other) const;

  /// Is this an access of main alone, or of a function that starts threads, at a time when the
  /// threads do not run: ahead of the first start, or a plain read? (Results are read after the
  /// join, which the facts do not show.) Without any threads in the facts: no.
  bool is_outside_threads(const AccessSite& site) const;

 private:
  bool is_starter(SymbolId function) const;
  bool is_main_alone(SymbolId function) const;
  void find_near_main(const FactIndex& index);
  bool is_after_start(SymbolId function, SourcePos position) const;
  void collect_roles(const FactIndex& index);
  static std::vector<SymbolId> entries_of(const FactIndex& index, const Role& role);
  void spread(const FactIndex& index, RoleId role, std::vector<SymbolId> pending);
  void spread_loops(const FactIndex& index);
  void find_multiplicity(const FactIndex& index);
  void find_starters();
  bool note_start(SymbolId function, SourcePos position);
  void spread_after_start();

  const FactIndex& index_;
  std::vector<Role> roles_;
  std::vector<bool> is_starter_;             // by symbol: starts threads, directly or by a call
  std::vector<SourcePos> first_start_;       // by symbol: of a thread, directly or by a call
  std::vector<bool> is_called_after_start_;  // by symbol
  std::vector<std::vector<RoleId>> by_function_;  // by symbol
  std::vector<bool> is_in_loop_;                  // by symbol
  std::vector<bool> is_near_main_;                // by symbol
};

}  // namespace quarrel
