// Which atomics are read one after the other as if they were read at once?
//
// If one function writes two atomics that belong together, another that reads both may see the one
// before and the other after the change. It matters where what is read decides over something;
// printing a statistic is content with it. Reading one of them again afterwards (a seqlock, a
// validated snapshot) is the cure.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checks/check.h"
#include "checks/lock_usage.h"
#include "checks/name_words.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "joint-snapshot";
constexpr size_t kMaxAtomics = 64;  // of one record, that are judged in pairs

using Functions = std::set<SymbolId>;

/// An atomic of a record with the functions that store it and that only load it.
struct AtomicMember {
  const SharedObject* object = nullptr;
  Functions writers;
  Functions readers;
};

AtomicMember member_of(const SharedObject& object) {
  AtomicMember member{.object = &object};
  for (const AccessSite* site : object.sites) {
    if (!is_atomic_form(site->form)) continue;
    (is_write(site->access) ? member.writers : member.readers).insert(site->function);
  }
  for (SymbolId writer : member.writers) member.readers.erase(writer);
  return member;
}

Functions common(const Functions& one, const Functions& other) {
  Functions both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                        std::inserter(both, both.end()));
  return both;
}

std::vector<const AccessSite*> loads_in(const SharedObject& object, SymbolId function) {
  std::vector<const AccessSite*> loads;
  for (const AccessSite* site : object.sites)
    if (site->function == function && site->access == SourceAccess::kRead) loads.push_back(site);
  return loads;
}

/// "read_seqretry", "validate": whether anything changed in between is asked elsewhere.
bool is_retry(const FactIndex& index, const CallEdge& call) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"retry", "seqretry", "validate", "revalidate", "validated", "seqcount", "seqlock"});
  return has_any_word(called_name(index, call.callee), kWords);
}

/// A word that is read ahead of the place and behind it: a version, or a pointer that must stay.
bool is_framed(const CheckContext& context, const AccessSite& place) {
  std::set<SymbolId> before;
  for (const AccessSite* site : context.index.accesses_in(place.function))
    if (site->access == SourceAccess::kRead && is_atomic_form(site->form) &&
        site->position < place.position)
      before.insert(site->object);
  const auto sites = context.index.accesses_in(place.function);
  return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    const bool is_again = site->access == SourceAccess::kRead && before.contains(site->object);
    return is_again && is_atomic_form(site->form) && place.position < site->position;
  });
}

/// Does the function look again whether what it read was of one moment?
bool is_validated(const CheckContext& context, const AccessSite& read) {
  const auto calls = context.index.calls_from(read.function);
  return is_framed(context, read) ||
         std::any_of(calls.begin(), calls.end(),
                     [&](const CallEdge* call) { return is_retry(context.index, *call); });
}

bool holds(const std::vector<SymbolId>& symbols, SymbolId symbol) {
  return std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
}

class SnapshotJudge {
 public:
  SnapshotJudge(const CheckContext& context, const AtomicMember& one, const AtomicMember& other)
      : context_(context), one_(one), other_(other) {}

  /// A function that reads both once and decides by both.
  const AccessSite* torn_read() const {
    if (common(one_.writers, other_.writers).empty()) return nullptr;
    for (SymbolId function : common(one_.readers, other_.readers)) {
      const auto first = loads_in(*one_.object, function);
      const auto second = loads_in(*other_.object, function);
      // Read twice: the second time is to find out whether anything changed.
      if (first.size() != 1 || second.size() != 1) continue;
      if (first.front()->base != second.front()->base) continue;
      if (!context_.locks.held_at(*first.front()).empty()) continue;
      if (decides_by_both(function) && !is_validated(context_, *first.front()))
        return first.front();
    }
    return nullptr;
  }

 private:
  bool decides_by_both(SymbolId function) const {
    const SymbolId a = one_.object->symbol;
    const SymbolId b = other_.object->symbol;
    const auto sites = context_.index.accesses_in(function);
    return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
      const bool is_judged = holds(site->guarded_by, a) && holds(site->guarded_by, b);
      const bool is_stored = holds(site->value_from, a) && holds(site->value_from, b);
      return is_write(site->access) && (is_judged || is_stored);
    });
  }

  const CheckContext& context_;
  const AtomicMember& one_;
  const AtomicMember& other_;
};

Finding finding_about(const CheckContext& context, const AtomicMember& one,
                      const AtomicMember& other, const AccessSite& read) {
  const std::string function = short_function_name(context.index, read.function);
  Complaint complaint = complaint_about(*one.object);
  complaint.fields.push_back(
      {.name = other.object->name, .offset = other.object->offset, .size = other.object->size});
  complaint.message =
      function + " decides by " + one.object->name + " and " + other.object->name + " of " +
      one.object->record->name + ", which it reads at two moments, but " +
      short_function_name(context.index, *common(one.writers, other.writers).begin()) +
      " changes both";
  complaint.reason = "each load is atomic, the pair is not: one may be older than the other";
  complaint.locations = {located(context, *one.object, read)};
  complaint.weight = 30;
  complaint.advice = {{.remedy = "snapshot",
                       .summary = "pack both into one atomic word, or read the first again and "
                                  "start over if it changed"}};
  return finding_of(context.index, kRule, complaint);
}

void check_members(const CheckContext& context, const std::vector<AtomicMember>& members,
                   std::vector<Finding>& findings) {
  if (members.size() > kMaxAtomics) return;
  for (size_t a = 0; a < members.size(); ++a)
    for (size_t b = a + 1; b < members.size(); ++b)
      if (const AccessSite* read = SnapshotJudge(context, members[a], members[b]).torn_read())
        findings.push_back(finding_about(context, members[a], members[b], *read));
}

void check_joint_snapshot(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const auto objects = shared_objects(context);
  std::map<const SourceRecord*, std::vector<AtomicMember>> by_record;
  for (const SharedObject& object : objects) {
    if (object.record == nullptr) continue;
    AtomicMember member = member_of(object);
    if (!member.writers.empty() && !member.readers.empty())
      by_record[object.record].push_back(std::move(member));
  }
  for (const auto& [record, members] : by_record) check_members(context, members, findings);
}

const Registration<Check> kJointSnapshot{{.name = kRule, .run = check_joint_snapshot}};

}  // namespace
}  // namespace quarrel
