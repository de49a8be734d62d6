// Which lock is taken only to ask how many there are?
//
// size() and empty() are asked by whoever polls, shows statistics or balances, and the answer is
// out of date when it arrives. An atomic that mirrors the count answers without the lock.
#include <algorithm>
#include <array>

#include "checks/check.h"
#include "checks/lock_usage.h"
#include "checks/name_words.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "lock-for-size";
constexpr auto kSizeWords = std::to_array<std::string_view>(
    {"size", "length", "len", "empty", "count", "cnt", "depth", "backlog", "pending"});
constexpr auto kNumberWords = std::to_array<std::string_view>({"num", "nr"});
// A count of references decides over a life: without the lock it may be another one at once.
constexpr auto kReferenceWords =
    std::to_array<std::string_view>({"ref", "refs", "reference", "references", "use", "users"});

template <class Words>
bool is_one_of(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "queue_len", "num_items", "count_".
bool is_named_after_size(std::string_view name) {
  const std::vector<std::string> words = words_of(name);
  return !words.empty() && !has_any_word(name, kReferenceWords) &&
         (is_one_of(kSizeWords, words.back()) || is_one_of(kNumberWords, words.front()));
}

/// size(), empty(); in C list_length(&list). A count(key) is a search.
bool asks_size(const FactIndex& index, SymbolId callee) {
  const std::vector<std::string> words = words_of(called_name(index, callee));
  if (words.empty()) return false;
  // A function list_count(list) may count, and keep the result.
  const bool is_in_c = index.facts().symbols[callee.value].starts_with("c:@F@") &&
                       words.back() != "count" && words.back() != "cnt";
  return is_one_of(kSizeWords, words.back()) && (is_in_c || takes_nothing(index, callee));
}

bool is_flag(const SharedObject& object) {
  return object.type.find("bool") != object.type.npos ||
         object.type.find("_Bool") != object.type.npos;
}

/// `return count_;` is a size by its name; a container by what is called.
bool is_size(const FactIndex& index, const SharedObject& object, const LockRegion& region) {
  if (is_word(object))
    return region.calls.empty() && !is_flag(object) && is_named_after_size(object.name);
  return !region.calls.empty() &&
         std::all_of(region.calls.begin(), region.calls.end(),
                     [&](SymbolId callee) { return asks_size(index, callee); });
}

/// Nothing but the size of one container is asked.
const SharedObject* sized_object(const FactIndex& index, const ObjectTable& objects,
                                 const LockRegion& region) {
  if (region.mode == LockMode::kTry) return nullptr;
  const auto guarded = guarded_objects(objects, region);
  if (guarded.size() != 1 || !is_size(index, *guarded.front(), region)) return nullptr;
  const auto sites = accesses_within(index, region, guarded.front()->symbol);
  const bool is_only_asked = std::none_of(
      sites.begin(), sites.end(), [](const AccessSite* site) { return is_write(site->access); });
  return is_only_asked ? guarded.front() : nullptr;
}

/// Without regions that do more, nobody changes the container, and nobody is kept waiting.
bool has_real_work(const LockUsage& usage, const LockRegion& region) {
  return std::any_of(usage.regions.begin(), usage.regions.end(), [&](const LockRegion* other) {
    return other->function != region.function && other->calls.size() + other->objects.size() > 2;
  });
}

Finding finding_about(const FactIndex& index, const LockUsage& usage, const LockRegion& region,
                      const SharedObject& container) {
  const std::string function = short_function_name(index, region.function);
  Complaint complaint = complaint_about(*usage.lock);
  complaint.fields.push_back(
      {.name = container.name, .offset = container.offset, .size = container.size});
  complaint.key = function;
  complaint.weight = 20;
  complaint.position = region.begin;
  complaint.declared = function + " takes " + usage.lock->name + " here";
  complaint.message =
      function + " takes " + usage.lock->full_name() + " only to ask the size of " + container.name;
  complaint.reason =
      "the answer may be out of date when the lock is released; how often it is "
      "asked only a recording can say";
  complaint.advice = {{.remedy = "atomic",
                       .summary = "keep the size in an atomic that is stored under the lock and "
                                  "read without",
                       .memory_bytes = 8}};
  return finding_of(index, kRule, complaint);
}

void check_lock_for_size(const FactIndex& index, std::vector<Finding>& findings) {
  const ObjectTable objects(index);
  for (const LockUsage& usage : lock_usages(index, objects))
    for (const LockRegion* region : usage.regions) {
      const SharedObject* container = sized_object(index, objects, *region);
      if (container != nullptr && has_real_work(usage, *region))
        findings.push_back(finding_about(index, usage, *region, *container));
    }
}

const Registration<Check> kLockForSize{{.name = kRule, .run = check_lock_for_size}};

}  // namespace
}  // namespace quarrel
