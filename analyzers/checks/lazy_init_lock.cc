// Which lock is taken each time to find out that there is nothing left to initialise?
#include <algorithm>

#include "checks/check.h"
#include "checks/lock_usage.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "lazy-init-lock";

/// Is the object stored in the region only if a look at it says so?
bool is_initialised_in(const FactIndex& index, const LockRegion& region,
                       const SharedObject& object) {
  bool is_stored = false;
  for (const AccessSite* site : accesses_within(index, region, object.symbol)) {
    if (!is_write(site->access)) continue;
    const auto& guards = site->guarded_by;
    if (std::find(guards.begin(), guards.end(), object.symbol) == guards.end()) return false;
    is_stored = true;
  }
  return is_stored;
}

/// Is the lock needed for something else as well, initialised or not?
bool does_more(const FactIndex& index, const LockRegion& region, SymbolId object) {
  const auto is_after = [&](SourcePos position) {
    return position.file == region.begin.file && region.begin < position && position < region.end;
  };
  const auto sites = index.accesses_in(region.function);
  return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    const auto& guards = site->guarded_by;
    return site->object != object && is_after(site->position) &&
           std::find(guards.begin(), guards.end(), object) == guards.end() &&
           (is_write(site->access) || site->access == SourceAccess::kAddress);
  });
}

/// A look ahead of the lock is what keeps it from being taken each time.
bool is_checked_before(const FactIndex& index, const LockRegion& region, SymbolId object) {
  const auto sites = index.accesses_in(region.function);
  return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    return site->object == object && site->position < region.begin;
  });
}

bool is_flag_or_pointer(const SharedObject& object) {
  return is_word(object) && !object.is_atomic &&
         (object.type.ends_with('*') || object.type == "bool" || object.type == "_Bool");
}

/// Does anything else write it, except what ends its life?
bool is_written_elsewhere(const CheckContext& context, const SharedObject& object,
                          SymbolId function) {
  const auto sites = context.index.accesses_to(object.symbol);
  return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    return is_write(site->access) && site->function != function && !context.hotness.is_setup(*site);
  });
}

Finding finding_about(const CheckContext& context, const LockUsage& usage, const LockRegion& region,
                      const SharedObject& object) {
  const std::string function = short_function_name(context.index, region.function);
  Complaint complaint = complaint_about(object);
  complaint.key = function;
  complaint.weight = 30;
  complaint.position = region.begin;
  complaint.declared = function + " takes " + usage.lock->name + " here";
  complaint.message = function + " takes " + usage.lock->full_name() + " each time to find " +
                      object.full_name() + " initialised already";
  complaint.reason =
      "the lock is needed once; how often the function is called only a recording "
      "can say";
  complaint.advice = {{.remedy = "shorten",
                       .summary = "std::call_once, a static local variable (both are a load once "
                                  "initialised), or an atomic pointer that is checked ahead of "
                                  "the lock",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_region(const CheckContext& context, const ObjectTable& objects, const LockUsage& usage,
                  const LockRegion& region, std::vector<Finding>& findings) {
  for (const SharedObject* object : guarded_objects(objects, region)) {
    if (!is_flag_or_pointer(*object)) continue;
    if (!is_initialised_in(context.index, region, *object)) continue;
    if (does_more(context.index, region, object->symbol)) continue;
    if (is_checked_before(context.index, region, object->symbol)) continue;
    if (is_written_elsewhere(context, *object, region.function)) continue;
    findings.push_back(finding_about(context, usage, region, *object));
    return;
  }
}

void check_lazy_init_lock(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const LockUsage& usage : lock_usages(index, objects))
    for (const LockRegion* region : usage.regions)
      check_region(context, objects, usage, *region, findings);
}

const Registration<Check> kLazyInitLock{{.name = kRule, .run = check_lazy_init_lock}};

}  // namespace
}  // namespace quarrel
