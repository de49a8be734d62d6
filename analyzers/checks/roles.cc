// Which threads may run a function, and can two functions run at the same time?
#include "checks/roles.h"

#include <algorithm>

namespace quarrel {
namespace {

// What main calls directly and one call further is a program's own course of events. Deeper down
// lies what other threads get to as well, by calls through pointers that the facts do not show.
constexpr int kNearMain = 2;

/// A thread start is no call: the starter does not run the entry itself.
bool is_thread_start(const FactIndex& index, const CallEdge& call) {
  for (const ThreadEntry* start : index.starts_of(call.callee))
    if (start->starter == call.caller && start->position.file == call.position.file &&
        start->position.line <= call.position.line + 1 &&
        call.position.line <= start->position.line + 1)
      return true;
  return false;
}

/// A field or variable that holds functions stands in the call graph like a function. One that
/// holds very many tells nothing about who runs which.
bool is_wide_holder(const FactIndex& index, SymbolId symbol) {
  constexpr size_t kMaxTargets = 32;
  return index.function(symbol) == nullptr && index.calls_from(symbol).size() > kMaxTargets;
}

/// What a thread runs that is started on a pointer: any of the functions that it was given.
std::vector<SymbolId> functions_behind(const FactIndex& index, SymbolId entry) {
  if (index.function(entry) != nullptr || index.calls_from(entry).empty()) return {entry};
  std::vector<SymbolId> functions;
  if (is_wide_holder(index, entry)) return functions;
  for (const CallEdge* call : index.calls_from(entry)) functions.push_back(call->callee);
  return functions;
}

}  // namespace

ThreadRoles::ThreadRoles(const FactIndex& index)
    : index_(index),
      is_starter_(index.symbol_count()),
      first_start_(index.symbol_count()),
      is_called_after_start_(index.symbol_count()),
      by_function_(index.symbol_count()),
      is_in_loop_(index.symbol_count()),
      is_near_main_(index.symbol_count()) {
  collect_roles(index);
  for (uint32_t i = 0; i < roles_.size(); ++i)
    spread(index, RoleId{i}, entries_of(index, roles_[i]));
  spread_loops(index);
  find_multiplicity(index);
  find_starters();
  spread_after_start();
  find_near_main(index);
}

void ThreadRoles::collect_roles(const FactIndex& index) {
  std::vector<bool> is_known(index.symbol_count());
  auto add = [&](SymbolId entry, std::string name, const ThreadEntry* start) {
    if (entry.value >= is_known.size() || is_known[entry.value]) return;
    is_known[entry.value] = true;
    roles_.push_back({.entry = entry, .name = std::move(name), .start = start});
  };
  // The programs of one build have a main each, and run none of it in two threads.
  for (const SourceFunction& function : index.facts().functions)
    if (function.is_main && roles_.empty()) add(function.symbol, "main", nullptr);
  for (const ThreadEntry& start : index.facts().thread_entries)
    for (SymbolId entry : functions_behind(index, start.entry))
      add(entry, std::string(index.function_name(entry)), &start);
}

std::vector<SymbolId> ThreadRoles::entries_of(const FactIndex& index, const Role& role) {
  if (role.start != nullptr) return {role.entry};
  std::vector<SymbolId> mains;
  for (const SourceFunction& function : index.facts().functions)
    if (function.is_main && function.symbol.value < index.symbol_count())
      mains.push_back(function.symbol);
  return mains;
}

void ThreadRoles::spread(const FactIndex& index, RoleId role, std::vector<SymbolId> pending) {
  for (SymbolId entry : pending) by_function_[entry.value].push_back(role);
  while (!pending.empty()) {
    const SymbolId caller = pending.back();
    pending.pop_back();
    if (is_wide_holder(index, caller)) continue;
    for (const CallEdge* call : index.calls_from(caller)) {
      if (call->callee.value >= by_function_.size() || is_thread_start(index, *call)) continue;
      auto& reached = by_function_[call->callee.value];
      // Roles are spread one after the other, so the newest stands last.
      if (!reached.empty() && reached.back() == role) continue;
      reached.push_back(role);
      pending.push_back(call->callee);
    }
  }
}

void ThreadRoles::spread_loops(const FactIndex& index) {
  std::vector<SymbolId> pending;
  auto mark = [&](const CallEdge& call) {
    if (call.callee.value >= is_in_loop_.size() || is_in_loop_[call.callee.value]) return;
    if (is_thread_start(index, call)) return;
    is_in_loop_[call.callee.value] = true;
    pending.push_back(call.callee);
  };
  for (const CallEdge& call : index.facts().calls)
    if (call.loop_depth > 0) mark(call);
  while (!pending.empty()) {
    const SymbolId caller = pending.back();
    pending.pop_back();
    for (const CallEdge* call : index.calls_from(caller)) mark(*call);
  }
}

void ThreadRoles::find_multiplicity(const FactIndex& index) {
  for (Role& role : roles_) {
    const auto starts = index.starts_of(role.entry);
    role.is_many = starts.size() > 1;
    if (starts.empty() && role.start != nullptr)
      role.is_many = role.start->is_in_loop || is_called_in_loop(role.start->starter);
    for (const ThreadEntry* start : starts)
      role.is_many = role.is_many || start->is_in_loop || is_called_in_loop(start->starter);
  }
}

const std::vector<RoleId>& ThreadRoles::of(SymbolId function) const {
  static const std::vector<RoleId> kNone;
  return function.value < by_function_.size() ? by_function_[function.value] : kNone;
}

bool ThreadRoles::is_called_in_loop(SymbolId function) const {
  return function.value < is_in_loop_.size() && is_in_loop_[function.value];
}

Overlap ThreadRoles::overlap(SymbolId one, SymbolId other) const {
  const auto& left = of(one);
  const auto& right = of(other);
  if (left.empty() || right.empty()) return Overlap::kUnknown;
  if (left != right) return Overlap::kDifferentRoles;
  const bool is_many = left.size() > 1 || roles_[left.front().value].is_many;
  if (is_many) return Overlap::kSameRole;
  const bool is_main = roles_[left.front().value].start == nullptr;
  return is_main && !(is_main_alone(one) && is_main_alone(other)) ? Overlap::kUnknown
                                                                  : Overlap::kNever;
}

void ThreadRoles::find_near_main(const FactIndex& index) {
  std::vector<SymbolId> level;
  for (const Role& role : roles_)
    if (role.start == nullptr) level = entries_of(index, role);
  for (SymbolId main : level) is_near_main_[main.value] = true;
  for (int depth = 0; depth < kNearMain; ++depth) {
    std::vector<SymbolId> next;
    for (SymbolId caller : level)
      for (const CallEdge* call : index.calls_from(caller)) {
        if (call->callee.value >= is_near_main_.size() || is_near_main_[call->callee.value])
          continue;
        is_near_main_[call->callee.value] = true;
        next.push_back(call->callee);
      }
    level = std::move(next);
  }
}

bool ThreadRoles::is_main_alone(SymbolId function) const {
  const auto& roles = of(function);
  return roles.size() == 1 && roles_[roles.front().value].start == nullptr &&
         is_near_main_[function.value];
}

bool ThreadRoles::note_start(SymbolId function, SourcePos position) {
  if (function.value >= first_start_.size()) return false;
  SourcePos& first = first_start_[function.value];
  const bool is_news = !is_starter_[function.value];
  is_starter_[function.value] = true;
  if (is_news || (first.file == position.file && position < first)) first = position;
  return is_news;
}

/// Who calls a function that starts threads starts threads.
void ThreadRoles::find_starters() {
  std::vector<SymbolId> pending;
  for (const ThreadEntry& start : index_.facts().thread_entries)
    if (note_start(start.starter, start.position)) pending.push_back(start.starter);
  while (!pending.empty()) {
    const SymbolId starter = pending.back();
    pending.pop_back();
    for (const CallEdge* call : index_.calls_to(starter))
      if (note_start(call->caller, call->position)) pending.push_back(call->caller);
  }
}

void ThreadRoles::spread_after_start() {
  std::vector<SymbolId> pending;
  auto mark = [&](const CallEdge& call) {
    if (call.callee.value >= is_called_after_start_.size() || is_thread_start(index_, call)) return;
    if (is_called_after_start_[call.callee.value]) return;
    is_called_after_start_[call.callee.value] = true;
    pending.push_back(call.callee);
  };
  for (const CallEdge& call : index_.facts().calls)
    if (is_after_start(call.caller, call.position)) mark(call);
  while (!pending.empty()) {
    const SymbolId caller = pending.back();
    pending.pop_back();
    for (const CallEdge* call : index_.calls_from(caller)) mark(*call);
  }
}

bool ThreadRoles::is_starter(SymbolId function) const {
  return function.value < is_starter_.size() && is_starter_[function.value];
}

bool ThreadRoles::is_after_start(SymbolId function, SourcePos position) const {
  if (!is_starter(function)) return false;
  const SourcePos& start = first_start_[function.value];
  return start.file == position.file && start < position;
}

bool ThreadRoles::is_outside_threads(const AccessSite& site) const {
  if (index_.facts().thread_entries.empty() || site.function.value >= first_start_.size())
    return false;
  const bool is_unknown_starter = is_starter(site.function) && of(site.function).empty();
  if (!is_main_alone(site.function) && !is_unknown_starter) return false;
  if (!is_write(site.access) && !is_atomic_form(site.form)) return true;
  return !is_after_start(site.function, site.position) &&
         !is_called_after_start_[site.function.value];
}

}  // namespace quarrel
