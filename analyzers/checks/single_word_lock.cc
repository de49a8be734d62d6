// Which mutex protects nothing but one word?
//
// Where every region of a lock touches the same single word, and nothing else, the word can be an
// atomic: the object loses 40 bytes of lock, and nobody sleeps for an addition.
#include <algorithm>

#include "checks/check.h"
#include "checks/lock_usage.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "single-word-lock";
constexpr size_t kMinFunctions = 2;

/// The only object of all regions; nullptr if there are several, or calls that may touch others.
const SharedObject* only_object(const ObjectTable& objects, const LockUsage& usage) {
  const SharedObject* only = nullptr;
  for (const LockRegion* region : usage.regions) {
    if (!region->calls.empty() || region->mode == LockMode::kTry) return nullptr;
    const auto guarded = guarded_objects(objects, *region);
    if (guarded.size() != 1 || region->objects.size() > 2) return nullptr;
    if (only != nullptr && only != guarded.front()) return nullptr;
    only = guarded.front();
  }
  return only;
}

/// Whose accesses are partly atomic already has another problem: mixed-access.
bool is_used_atomically(const FactIndex& index, const SharedObject& object) {
  const auto sites = index.accesses_to(object.symbol);
  return std::any_of(sites.begin(), sites.end(),
                     [](const AccessSite* site) { return is_atomic_form(site->form); });
}

/// What a pointer leads to is protected along with it.
bool is_lockable_by_hardware(const FactIndex& index, const SharedObject& object) {
  return is_word(object) && !object.is_atomic && object.type.find("double") == object.type.npos &&
         index.element_accesses_to(object.symbol).empty();
}

/// The object and its lock lie in one object, or both are variables: no lock of another's data.
bool are_neighbours(const SharedObject& lock, const SharedObject& object) {
  return lock.record == object.record;
}

bool is_written(const FactIndex& index, const LockUsage& usage, const SharedObject& object) {
  return std::any_of(usage.regions.begin(), usage.regions.end(), [&](const LockRegion* region) {
    const auto sites = accesses_within(index, *region, object.symbol);
    return std::any_of(sites.begin(), sites.end(),
                       [](const AccessSite* site) { return is_write(site->access); });
  });
}

Finding finding_about(const FactIndex& index, const LockUsage& usage, const SharedObject& object) {
  Complaint complaint = complaint_about(*usage.lock);
  complaint.fields.push_back({.name = object.name, .offset = object.offset, .size = object.size});
  complaint.message = usage.lock->full_name() + " protects nothing but " + object.name +
                      ", which an atomic could be";
  complaint.reason = "all " + std::to_string(usage.regions.size()) +
                     " regions of the lock touch this one word; whether anybody waits for it only "
                     "a recording can say";
  complaint.weight = 30;
  for (const LockRegion* region : usage.regions)
    complaint.locations.push_back(index.locate(
        region->begin, "holder", short_function_name(index, region->function) + " takes the lock"));
  complaint.advice = {{.remedy = "atomic",
                       .summary = "make " + object.name +
                                  " a std::atomic, update it with fetch_add "
                                  "or compare_exchange, and drop the lock",
                       .memory_bytes = 0}};
  return finding_of(index, kRule, complaint);
}

void check_single_word_lock(const FactIndex& index, std::vector<Finding>& findings) {
  const ObjectTable objects(index);
  for (const LockUsage& usage : lock_usages(index, objects)) {
    if (usage.functions().size() < kMinFunctions) continue;
    const SharedObject* object = only_object(objects, usage);
    if (object == nullptr || !is_lockable_by_hardware(index, *object)) continue;
    if (is_used_atomically(index, *object)) continue;
    if (!are_neighbours(*usage.lock, *object) || !is_written(index, usage, *object)) continue;
    findings.push_back(finding_about(index, usage, *object));
  }
}

const Registration<Check> kSingleWordLock{{.name = kRule, .run = check_single_word_lock}};

}  // namespace
}  // namespace quarrel
