// Which compare-exchange loop changes something else in each attempt?
//
// Attempts fail and are made again. What the loop counts or exchanges besides happens once for each
// attempt, not once for each success.
#include <algorithm>
#include <array>

#include "checks/cas_loops.h"
#include "checks/check.h"
#include "checks/name_words.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "cas-side-effect";

/// "retries_", "cas_failures": meant to count attempts.
bool counts_attempts(std::string_view name) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"retry",      "retries",    "retried",   "attempt",  "attempts", "spin",      "spins",
       "fail",       "failed",     "failure",   "failures", "conflict", "conflicts", "collision",
       "collisions", "contention", "contended", "tries",    "loops",    "rounds",    "iterations"});
  return has_any_word(name, kWords);
}

/// Of the new value itself, which is nobody else's before the exchange succeeds: "node->version++";
/// or of the element that is the thread's: "tallies[tid].skipped++".
bool is_of_own_object(const AccessSite& site, const CasLoop& loop) {
  const bool is_elsewhere =
      !site.base.empty() && site.base != "this" && site.base != loop.cas->base;
  return !is_atomic_form(site.form) && (is_elsewhere || site.is_indexed_by_variable);
}

/// Reserved ahead of the attempt and given back behind a failed one.
bool is_undone(const AccessSite& site, const CasLoop& loop) {
  const auto& all = loop.contents.accesses;
  return std::any_of(all.begin(), all.end(), [&](const AccessSite* other) {
    return other->object == site.object && is_read_modify_write(other->access) &&
           loop.cas->position < other->position;
  });
}

/// An update of an object that outlives the function, in each attempt.
const AccessSite* side_effect(const ObjectTable& objects, const CasLoop& loop) {
  for (const AccessSite* site : loop.contents.accesses) {
    if (site->access != SourceAccess::kReadModifyWrite || site->object == loop.cas->object)
      continue;
    if (site->is_initialization || !loop.is_retried(site->position)) continue;
    if (is_of_own_object(*site, loop)) continue;
    if (site->position < loop.cas->position && is_undone(*site, loop)) continue;
    const SharedObject* object = objects.find(site->object);
    if (object != nullptr && !counts_attempts(object->name)) return site;
  }
  return nullptr;
}

Finding finding_about(const CheckContext& context, const SharedObject& effect,
                      const SharedObject& target, const AccessSite& site, const CasLoop& loop) {
  const std::string function = short_function_name(context.index, site.function);
  Complaint complaint = complaint_about(effect);
  complaint.key = function;
  complaint.weight = 40;
  complaint.position = site.position;
  complaint.declared = site_text(context, site, effect.name);
  complaint.message = function + " updates " + effect.full_name() +
                      " in each attempt of its compare-exchange of " + target.full_name();
  complaint.reason = "attempts that fail are made again: the update happens for each of them";
  complaint.locations = {located(context, target, *loop.cas)};
  complaint.advice = {{.remedy = "reorder",
                       .summary = "update " + effect.name + " behind the loop, once it succeeded",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_cas_side_effect(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const CasLoop& loop : cas_loops(index)) {
    const AccessSite* site = side_effect(objects, loop);
    const SharedObject* target = objects.find(loop.cas->object);
    if (site == nullptr || target == nullptr) continue;
    findings.push_back(finding_about(context, *objects.find(site->object), *target, *site, loop));
  }
}

const Registration<Check> kCasSideEffect{{.name = kRule, .run = check_cas_side_effect}};

}  // namespace
}  // namespace quarrel
