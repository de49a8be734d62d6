// Which updates consist of a read and a write between which another thread's update gets lost?
//
// Two kinds. An atomic that is loaded, and stored again with a value that depends on what was
// loaded: right only for a single writer, so it counts if others update the same object. And a
// plain `n++` of a word in an object that is otherwise atomic, or that many threads have.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checks/check.h"
#include "checks/name_words.h"
#include "checks/operations.h"
#include "checks/plain_beside_atomics.h"
#include "checks/shared_objects.h"
#include "checks/static_state.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "non-atomic-rmw";
constexpr size_t kMaxShown = 6;

bool is_update(const AccessSite& site) {
  return site.access == SourceAccess::kReadModifyWrite ||
         site.access == SourceAccess::kCompareExchange;
}

bool holds(const std::vector<SymbolId>& symbols, SymbolId symbol) {
  return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
}

/// By contract nobody else uses the object meanwhile (moved, swapped), or the caller holds what it
/// gives back.
bool is_exclusive(const FactIndex& index, SymbolId function) {
  static constexpr auto kWords = std::to_array<std::string_view>({"swap", "unlock", "move"});
  const std::string name = short_function_name(index, function);
  return name == "operator=" || has_any_word(name, kWords);
}

/// A state that one enters by a compare-exchange is its own to leave by a store.
bool is_state(std::string_view name) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"state", "status", "phase", "stage"});
  return has_any_word(name, kWords);
}

/// Flags that the function takes by an exchange ahead of the site and stores behind it.
std::set<SymbolId> claims_at(const FactIndex& index, const AccessSite& at) {
  std::set<SymbolId> taken;
  for (const AccessSite* site : index.accesses_in(at.function))
    if (is_update(*site) && site->is_result_used && site->object != at.object &&
        is_atomic_form(site->form) && site->position < at.position)
      taken.insert(site->object);
  std::set<SymbolId> claims;
  for (const AccessSite* site : index.accesses_in(at.function))
    if (is_write(site->access) && taken.contains(site->object) && at.position < site->position)
      claims.insert(site->object);
  return claims;
}

bool have_common_claim(const FactIndex& index, const AccessSite& one, const AccessSite& other) {
  const auto claims = claims_at(index, one);
  if (claims.empty()) return false;
  const auto others = claims_at(index, other);
  return std::any_of(claims.begin(), claims.end(),
                     [&](SymbolId claim) { return others.contains(claim); });
}

/// An update in pieces, and the other writer to whose update it is blind.
struct SplitUpdate {
  const AccessSite* update = nullptr;
  const AccessSite* rival = nullptr;
  bool is_check = false;  ///< the value decides whether to store, not what
  Overlap overlap = Overlap::kUnknown;
};

class UpdateJudge {
 public:
  UpdateJudge(const CheckContext& context, const SharedObject& object)
      : context_(context), object_(object) {
    for (const AccessSite* site : object.sites) is_atomic_ |= is_atomic_form(site->form);
  }

  std::optional<SplitUpdate> judge() const {
    std::optional<SplitUpdate> worst;
    for (const AccessSite* site : object_.sites) {
      auto found = is_atomic_ ? split_atomic(*site) : std::nullopt;
      const bool is_stronger = found && (!worst || std::pair(found->overlap, !found->is_check) >
                                                       std::pair(worst->overlap, !worst->is_check));
      if (is_stronger) worst = found;
    }
    return worst;
  }

 private:
  /// A store whose value, or whose being made, depends on a load ahead of it.
  std::optional<SplitUpdate> split_atomic(const AccessSite& site) const {
    if (site.access != SourceAccess::kWrite || !is_atomic_form(site.form)) return std::nullopt;
    const bool is_value = holds(site.value_from, site.object);
    const bool is_check = !is_value && holds(site.guarded_by, site.object);
    if ((!is_value && !is_check) || !context_.locks.held_at(site).empty()) return std::nullopt;
    if ((is_check && is_flag()) || !is_read_of(site)) return std::nullopt;
    if (updates_in(site.function) || is_exclusive(context_.index, site.function))
      return std::nullopt;
    return rival_of(site, is_check);
  }

  /// Is it this object that is read in the function, and not another one of its type (a copy)?
  bool is_read_of(const AccessSite& store) const {
    return std::any_of(object_.sites.begin(), object_.sites.end(), [&](const AccessSite* site) {
      return site->function == store.function && site->access == SourceAccess::kRead &&
             site->base == store.base;
    });
  }

  /// Storing what is set already does no harm.
  bool is_flag() const {
    return object_.type.find("bool") != object_.type.npos || object_.size == 1;
  }

  /// A real update in the same function: it is the owner by then, or the store is its second half.
  bool updates_in(SymbolId function) const {
    return std::any_of(object_.sites.begin(), object_.sites.end(), [&](const AccessSite* site) {
      return site->function == function && is_update(*site);
    });
  }

  std::optional<SplitUpdate> rival_of(const AccessSite& site, bool is_check) const {
    std::optional<SplitUpdate> best;
    for (const AccessSite* other : object_.sites) {
      if (other == &site || !is_write(other->access)) continue;
      const Overlap overlap = context_.roles.overlap(site.function, other->function);
      if (overlap == Overlap::kNever || is_exclusive(context_.index, other->function)) continue;
      if (have_common_claim(context_.index, site, *other)) continue;
      const bool is_exchange = other->access == SourceAccess::kCompareExchange;
      if (is_check && is_exchange && is_state(object_.name)) continue;
      // Load and store in all writers is what a single writer does: then threads must be proven.
      const bool is_proven = overlap == Overlap::kDifferentRoles;
      if (!is_proven && !(is_update(*other) && is_atomic_form(other->form))) continue;
      if (!best || best->overlap < overlap) best = SplitUpdate{&site, other, is_check, overlap};
    }
    return best;
  }

  const CheckContext& context_;
  const SharedObject& object_;
  bool is_atomic_ = false;
};

std::string message(const CheckContext& context, const SharedObject& object,
                    const SplitUpdate& split) {
  const std::string where = short_function_name(context.index, split.update->function);
  const std::string rival = short_function_name(context.index, split.rival->function);
  if (split.is_check)
    return object.full_name() + " is checked and then stored in " + where + ": what " + rival +
           " writes in between is overwritten";
  return object.full_name() + " is loaded and stored again in " + where + ": what " + rival +
         " writes in between gets lost";
}

Complaint complaint_of(const CheckContext& context, const SharedObject& object,
                       const SplitUpdate& split) {
  Complaint complaint = complaint_about(object);
  complaint.message = message(context, object, split);
  complaint.reason = split.overlap == Overlap::kDifferentRoles
                         ? "each access is atomic, the update is not, and the threads are known"
                         : "each access is atomic, the update is not; whether two threads are in "
                           "it at once the source does not show";
  const bool is_certain =
      split.overlap == Overlap::kDifferentRoles && is_update(*split.rival) && !split.is_check;
  complaint.weight = is_certain ? 70 : split.is_check ? 35 : 45;
  complaint.level = is_certain ? Level::kWarning : Level::kNote;
  complaint.verdict = is_certain ? Verdict::kFix : Verdict::kMeasureFirst;
  complaint.locations = {located(context, object, *split.update),
                         located(context, object, *split.rival)};
  const auto starts = thread_starts(context, {split.update, split.rival});
  complaint.locations.insert(complaint.locations.end(), starts.begin(), starts.end());
  complaint.advice = {{.remedy = "atomic",
                       .summary = split.is_check
                                      ? "compare_exchange instead of the check and the store"
                                      : "one fetch_add, fetch_or or exchange, or a "
                                        "compare_exchange loop",
                       .memory_bytes = 0}};
  return complaint;
}

void check_non_atomic_rmw(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const auto objects = shared_objects(context);
  std::set<std::pair<SymbolId, std::string>> known;
  const bool has_threads = expects_threads(index);
  for (const SharedObject& object : objects) {
    if (known.contains({object.declaration, object.name})) continue;
    std::optional<Complaint> complaint;
    if (const auto split = UpdateJudge(context, object).judge())
      complaint = complaint_of(context, object, *split);
    else if (has_threads)
      complaint = static_state(context, object);
    if (!complaint) continue;
    known.emplace(object.declaration, object.name);
    findings.push_back(finding_of(index, kRule, *complaint));
  }
  const AtomicSiblings siblings(context, objects);
  for (const auto& members : by_record(objects)) {
    const auto complaint = plain_updates(context, siblings, members);
    if (complaint && known.emplace(members.front()->declaration, "").second)
      findings.push_back(finding_of(index, kRule, *complaint));
  }
}

const Registration<Check> kNonAtomicRmw{{.name = kRule, .run = check_non_atomic_rmw}};

}  // namespace
}  // namespace quarrel
