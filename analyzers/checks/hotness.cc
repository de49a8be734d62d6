// How often may an access run, argued from the source alone?
#include "checks/hotness.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace quarrel {
namespace {

constexpr std::array<std::string_view, 22> kSetupWords = {
    "clear",  "config", "configure",  "construct",  "create",   "deinit", "destroy",   "fini",
    "fork",   "init",   "initialise", "initialize", "new",      "parse",  "postparse", "prealloc",
    "reinit", "reset",  "setup",      "shutdown",   "teardown", "uninit"};

bool is_setup_word(std::string_view word) {
  return std::find(kSetupWords.begin(), kSetupWords.end(), word) != kSetupWords.end();
}

/// The words of the unqualified name, split at '_' and at capitals: "ResetStats" -> reset, stats.
bool names_setup(std::string_view name) {
  if (auto colon = name.rfind("::"); colon != name.npos) name.remove_prefix(colon + 2);
  std::string word;
  for (char letter : name) {
    const bool is_capital = std::isupper(static_cast<unsigned char>(letter)) != 0;
    if (is_capital || letter == '_') {
      if (is_setup_word(word)) return true;
      word.clear();
    }
    if (letter != '_') word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return is_setup_word(word);
}

bool is_read_modify_write(SourceAccess access) {
  return access == SourceAccess::kReadModifyWrite || access == SourceAccess::kCompareExchange;
}

/// A stop or ready flag is stored a few times in a run; one that is exchanged is a lock.
bool is_flag_store(const AccessSite& site, std::string_view type) {
  return site.access == SourceAccess::kWrite &&
         (type.find("bool") != type.npos || type.find("_Bool") != type.npos);
}

}  // namespace

bool Hotness::is_setup(const AccessSite& site) const {
  if (site.is_initialization) return true;
  const SourceFunction* function = index_.function(site.function);
  if (function == nullptr) return false;
  const bool is_lifetime =
      function->kind == FunctionKind::kConstructor || function->kind == FunctionKind::kDestructor;
  // A constructor may count itself in an object that lives on; its own is not shared yet.
  const bool is_own = site.base.empty() || site.base == "this";
  if (is_lifetime && (is_own || !is_write(site.access))) return true;
  if (is_atomic_form(site.form) && is_read_modify_write(site.access)) return false;
  return names_setup(function->name);
}

Heat Hotness::of(const AccessSite& site, std::string_view type) const {
  if (is_setup(site) || site.access == SourceAccess::kAddress) return Heat::kCold;
  if (is_flag_store(site, type) || roles_.is_outside_threads(site)) return Heat::kCold;
  if (site.loop_depth > 0 || roles_.is_called_in_loop(site.function)) return Heat::kHot;
  const auto& roles = roles_.of(site.function);
  const bool is_once =
      roles.size() == 1 && !roles_[roles.front()].is_many && !is_atomic_form(site.form);
  return is_once ? Heat::kCold : Heat::kWarm;
}

}  // namespace quarrel
