// Which global count do many threads add to?
//
// One atomic that all threads increment is one line that travels between all of them. Where nobody
// uses the result of the addition, each thread can have a part of its own, summed when it is read.
#include <algorithm>
#include <array>
#include <set>

#include "checks/check.h"
#include "checks/element_arrays.h"
#include "checks/identifiers.h"
#include "checks/name_words.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "global-hot-counter";
constexpr size_t kMinAdders = 3;
constexpr size_t kMaxShown = 6;

bool is_addition(const AccessSite& site) {
  return site.access == SourceAccess::kReadModifyWrite && is_atomic_form(site.form);
}

bool is_used(const AccessSite& site) {
  return site.is_result_used || site.access == SourceAccess::kCompareExchange;
}

/// "thread_init", "onWorkerExit": once in the life of a thread.
bool is_once_a_thread(const FactIndex& index, const AccessSite& site) {
  static constexpr std::array<std::string_view, 10> kWords = {
      "begin", "create", "destroy", "done", "end", "enter", "exit", "init", "start", "stop"};
  const std::string_view name = simple_name(index.function_name(site.function));
  return names_thread(name) && has_any_word(name, kWords);
}

/// Who adds to it, and how surely many threads at a time do.
struct Adders {
  std::vector<const AccessSite*> sites;
  std::set<SymbolId> functions;
  bool is_proven = false;  ///< in a loop of many threads of one role
};

/// Counts of the objects that exist are changed by whoever makes or destroys one.
bool is_of_lifetime(const CheckContext& context, SymbolId symbol) {
  const SourceFunction* function = context.index.function(symbol);
  const bool is_special = function != nullptr && (function->kind == FunctionKind::kConstructor ||
                                                  function->kind == FunctionKind::kDestructor);
  return is_special || context.hotness.is_setup_function(symbol);
}

Adders adders_of(const CheckContext& context, const SharedObject& counter) {
  Adders adders;
  for (const AccessSite* site : counter.sites) {
    if (!is_addition(*site) || is_once_a_thread(context.index, *site)) continue;
    adders.sites.push_back(site);
    if (!is_of_lifetime(context, site->function)) adders.functions.insert(site->function);
    const auto& roles = context.roles.of(site->function);
    const bool is_many = std::any_of(roles.begin(), roles.end(),
                                     [&](RoleId role) { return context.roles[role].is_many; });
    adders.is_proven |= is_many && context.hotness.of(*site, counter.type) == Heat::kHot;
  }
  return adders;
}

/// "parse_errors": counted where something went wrong, which is rare.
bool counts_faults(const SharedObject& counter) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"err",     "errs",      "error",    "errors",    "fail",     "fails",   "failed",
       "failure", "failures",  "fatal",    "warning",   "warnings", "leak",    "leaks",
       "abort",   "aborts",    "panic",    "panics",    "oom",      "corrupt", "corrupted",
       "invalid", "malformed", "overflow", "overflows", "crash",    "crashes"});
  return has_any_word(counter.name.substr(counter.name.rfind(':') + 1), kWords);
}

/// Elements of an array are counters of their own: `array-stride` judges them.
bool is_array(const SharedObject& counter) {
  return counter.type.find('[') != counter.type.npos;
}

/// What is exchanged, stored, or decides by its result is no count that could be split.
bool is_plain_count(const SharedObject& counter) {
  return std::none_of(counter.sites.begin(), counter.sites.end(), [](const AccessSite* site) {
    const bool is_store = site->access == SourceAccess::kWrite;
    const bool is_decisive = is_write(site->access) && is_used(*site);
    const bool is_asked = site->access == SourceAccess::kRead && site->loop_depth > 0;
    return is_store || is_decisive || is_asked;
  });
}

Finding finding_about(const CheckContext& context, const SharedObject& counter,
                      const Adders& adders) {
  Complaint complaint = complaint_about(counter);
  std::vector<std::string> names;
  for (SymbolId function : adders.functions)
    names.push_back(short_function_name(context.index, function));
  complaint.message = counter.full_name() + " is one counter for all threads: " + enumerate(names) +
                      (names.size() == 1 ? " adds" : " add") + " to it";
  complaint.reason = adders.is_proven
                         ? "many threads add to it in a loop: its cache line travels with each"
                         : "several operations add to it; how many threads call them only a "
                           "recording can say";
  complaint.weight = adders.is_proven ? 40 : 25;
  for (const AccessSite* site : adders.sites)
    if (complaint.locations.size() < kMaxShown)
      complaint.locations.push_back(located(context, counter, *site));
  complaint.advice = {
      {.remedy = "shard",
       .summary = "a count for each thread or CPU, line-aligned, summed when it is read"},
      {.remedy = "pad",
       .refused_because = "alone on its line it travels as often: the counter itself is shared"}};
  return finding_of(context.index, kRule, complaint);
}

void check_global_hot_counter(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  for (const SharedObject& counter : shared_objects(context)) {
    if (counter.record != nullptr || !is_word(counter) || !is_plain_count(counter)) continue;
    if (is_array(counter) || counts_faults(counter)) continue;
    const Adders adders = adders_of(context, counter);
    if (adders.is_proven || adders.functions.size() >= kMinAdders)
      findings.push_back(finding_about(context, counter, adders));
  }
}

const Registration<Check> kGlobalHotCounter{{.name = kRule, .run = check_global_hot_counter}};

}  // namespace
}  // namespace quarrel
