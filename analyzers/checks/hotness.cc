// How often may an access run, argued from the source alone?
#include "checks/hotness.h"

#include <algorithm>
#include <array>

#include "checks/identifiers.h"
#include "checks/name_words.h"

namespace quarrel {
namespace {

/// What happens once in the life of a program, or of the one object that it has.
constexpr std::array<std::string_view, 20> kOnceWords = {
    "cfg",      "config", "configure", "construct",  "ctor",       "defaults",  "deinit",
    "dtor",     "fini",   "init",      "initialise", "initialize", "postcheck", "postparse",
    "prealloc", "preset", "setup",     "startup",    "teardown",   "uninit"};
/// What happens once in the life of an object, of which there may be many.
constexpr std::array<std::string_view, 16> kObjectWords = {
    "clear", "create", "destroy",  "dump",  "finalize", "fork",     "new",  "parse",
    "print", "reinit", "register", "reset", "show",     "shutdown", "stop", "unregister"};

/// A stop or ready flag is stored a few times in a run; one that is exchanged is a lock.
bool is_flag_store(const AccessSite& site, std::string_view type) {
  return site.access == SourceAccess::kWrite &&
         (type.find("bool") != type.npos || type.find("_Bool") != type.npos);
}

/// "setCapacity", "options_set_limit": what is configured changes now and then.
bool is_setter(std::string_view function) {
  return has_any_word(simple_name(function), std::array<std::string_view, 1>{"set"});
}

}  // namespace

Hotness::Hotness(const FactIndex& index, const ThreadRoles& roles)
    : index_(index), roles_(roles), is_setup_function_(index.symbol_count()) {
  for (const SourceFunction& function : index.facts().functions)
    if (function.symbol.value < is_setup_function_.size() &&
        has_any_word(simple_name(function.name), kOnceWords))
      is_setup_function_[function.symbol.value] = true;
  spread_setup();
  for (const SourceFunction& function : index.facts().functions)
    if (function.symbol.value < is_setup_function_.size() &&
        has_any_word(simple_name(function.name), kObjectWords))
      is_setup_function_[function.symbol.value] = true;
}

/// From callers to those that nobody else calls.
void Hotness::spread_setup() {
  std::vector<SymbolId> pending;
  for (const SourceFunction& function : index_.facts().functions)
    if (function.symbol.value < is_setup_function_.size() &&
        is_setup_function_[function.symbol.value])
      pending.push_back(function.symbol);
  while (!pending.empty()) {
    const SymbolId caller = pending.back();
    pending.pop_back();
    for (const CallEdge* call : index_.calls_from(caller)) {
      if (call->callee.value >= is_setup_function_.size()) continue;
      if (is_setup_function_[call->callee.value] || !is_called_in_setup_only(call->callee))
        continue;
      is_setup_function_[call->callee.value] = true;
      pending.push_back(call->callee);
    }
  }
}

bool Hotness::is_called_in_setup_only(SymbolId function) const {
  const auto calls = index_.calls_to(function);
  return index_.starts_of(function).empty() &&
         std::all_of(calls.begin(), calls.end(), [&](const CallEdge* call) {
           return call->caller.value < is_setup_function_.size() &&
                  is_setup_function_[call->caller.value];
         });
}

bool Hotness::is_setup(const AccessSite& site) const {
  if (site.is_initialization) return true;
  const SourceFunction* function = index_.function(site.function);
  if (function == nullptr) return false;
  const bool is_lifetime =
      function->kind == FunctionKind::kConstructor || function->kind == FunctionKind::kDestructor;
  // An assignment replaces the whole object, which says nothing about who else has it.
  if (function->name.ends_with("::operator=") && !is_atomic_form(site.form)) return true;
  // A constructor may count itself in an object that lives on; its own is not shared yet.
  const bool is_own = site.base.empty() || site.base == "this";
  if (is_lifetime && (is_own || !is_write(site.access))) return true;
  const bool is_update = site.access == SourceAccess::kReadModifyWrite ||
                         site.access == SourceAccess::kCompareExchange;
  if (is_atomic_form(site.form) && is_update) return false;
  if (function->is_main && roles_.all().size() <= 1) return true;
  return is_setup_function_[function->symbol.value];
}

Heat Hotness::of(const AccessSite& site, std::string_view type) const {
  if (is_setup(site) || site.access == SourceAccess::kAddress) return Heat::kCold;
  if (is_flag_store(site, type) || roles_.is_outside_threads(site)) return Heat::kCold;
  const bool is_configured = site.access == SourceAccess::kWrite && !is_atomic_form(site.form) &&
                             is_setter(index_.function_name(site.function));
  if (is_configured) return Heat::kCold;
  if (site.loop_depth > 0 || roles_.is_called_in_loop(site.function)) return Heat::kHot;
  const auto& roles = roles_.of(site.function);
  const bool is_once =
      roles.size() == 1 && !roles_[roles.front()].is_many && !is_atomic_form(site.form);
  return is_once ? Heat::kCold : Heat::kWarm;
}

}  // namespace quarrel
