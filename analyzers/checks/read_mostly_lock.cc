// Which exclusive lock is mostly taken to read?
//
// Readers that exclude each other wait for nothing. What changes rarely can be published as a
// whole (a pointer to a constant object that a writer replaces), or be guarded by a shared lock
// where the regions are long enough to pay for its heavier operations.
#include <algorithm>
#include <array>

#include "checks/check.h"
#include "checks/hotness.h"
#include "checks/lock_usage.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "read-mostly-lock";
constexpr size_t kMinReaders = 3;
constexpr size_t kReadersPerWriter = 3;
// Library functions that change nothing of what they are called on.
constexpr auto kLookups = std::to_array<std::string_view>(
    {"find",        "count",       "size",      "empty",        "at",         "begin",
     "end",         "cbegin",      "cend",      "get",          "contains",   "lower_bound",
     "upper_bound", "front",       "c_str",     "data",         "operator==", "operator!=",
     "operator<",   "operator->",  "operator*", "basic_string", "strcmp",     "strncmp",
     "strcasecmp",  "strncasecmp", "memcmp",    "strlen",       "strnlen",    "strchr",
     "strrchr",     "strstr",      "memchr"});

enum class RegionUse : uint8_t { kReads, kWrites, kUnknown };

RegionUse use_of(const FactIndex& index, const ObjectTable& objects, const LockRegion& region) {
  const auto guarded = guarded_objects(objects, region);
  if (guarded.empty() || region.mode != LockMode::kExclusive) return RegionUse::kUnknown;
  for (const SharedObject* object : guarded)
    for (const AccessSite* site : accesses_within(index, region, object->symbol))
      if (site->access != SourceAccess::kRead) return RegionUse::kWrites;
  return calls_only(index, region, kLookups) ? RegionUse::kReads : RegionUse::kUnknown;
}

struct Tally {
  std::set<SymbolId> readers;
  std::set<SymbolId> others;
  std::set<std::string> objects;
};

Tally tally(const FactIndex& index, const ObjectTable& objects, const LockUsage& usage) {
  Tally sum;
  for (const LockRegion* region : usage.regions) {
    const bool is_reader = use_of(index, objects, *region) == RegionUse::kReads;
    (is_reader ? sum.readers : sum.others).insert(region->function);
    if (!is_reader) continue;
    for (const SharedObject* object : guarded_objects(objects, *region))
      sum.objects.insert(object->name);
  }
  for (SymbolId other : sum.others) sum.readers.erase(other);
  return sum;
}

Finding finding_about(const FactIndex& index, const LockUsage& usage, const Tally& sum) {
  Complaint complaint = complaint_about(*usage.lock);
  complaint.message = usage.lock->full_name() + " is taken by " +
                      std::to_string(sum.readers.size()) + " functions that only read (" +
                      enumerate({sum.objects.begin(), sum.objects.end()}) + ") and by " +
                      std::to_string(sum.others.size()) + " that may write";
  complaint.reason = "counted in the source: how often each is called only a recording can say";
  complaint.weight = 20;
  for (const LockRegion* region : usage.regions) {
    const bool is_reader = sum.readers.contains(region->function);
    complaint.locations.push_back(
        index.locate(region->begin, is_reader ? "reader" : "writer",
                     short_function_name(index, region->function) +
                         (is_reader ? " only reads under the lock" : " may write under the lock")));
  }
  complaint.advice = {
      {.remedy = "snapshot",
       .summary = "publish an immutable object by a pointer (std::atomic<std::shared_ptr>, RCU) "
                  "that writers replace"},
      {.remedy = "split",
       .refused_because = "a shared lock lets readers in together, but each of them still writes "
                          "its word: for short regions it is no faster than the mutex"}};
  return finding_of(index, kRule, complaint);
}

void check_read_mostly_lock(const FactIndex& index, std::vector<Finding>& findings) {
  const ObjectTable objects(index);
  for (const LockUsage& usage : lock_usages(index, objects)) {
    if (usage.has_mode(LockMode::kShared)) continue;
    const Tally sum = tally(index, objects, usage);
    if (sum.readers.size() < kMinReaders || sum.others.empty()) continue;
    if (sum.readers.size() >= kReadersPerWriter * sum.others.size())
      findings.push_back(finding_about(index, usage, sum));
  }
}

const Registration<Check> kReadMostlyLock{{.name = kRule, .run = check_read_mostly_lock}};

}  // namespace
}  // namespace quarrel
