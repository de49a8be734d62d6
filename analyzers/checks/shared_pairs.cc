// Do two members of one cache line belong to different threads?
#include "checks/shared_pairs.h"

#include <algorithm>
#include <map>
#include <set>

#include "checks/operations.h"
#include "checks/traffic.h"

namespace quarrel {
namespace {

// A hostile or generated record must not take quadratic time.
constexpr size_t kMaxMembers = 1024;

using Functions = std::set<SymbolId>;

bool are_atomic(const AccessSite& one, const AccessSite& other) {
  return is_atomic_form(one.form) && is_atomic_form(other.form);
}

class PairJudge {
 public:
  PairJudge(const CheckContext& context, const MemberGroup& group)
      : context_(context), group_(group) {
    for (const LineMember& member : group.members) {
      writing_.push_back(functions(member.writes));
      for (SymbolId function : writing_.back()) find_operations(function);
    }
  }

  std::optional<SharedPair> both_written(size_t a, size_t b) const {
    std::optional<SharedPair> best;
    for (const Use& one : group_.members[a].writes)
      for (const Use& other : group_.members[b].writes) {
        if (group_.members[b].is_written_in(one.site->function)) break;
        if (group_.members[a].is_written_in(other.site->function)) continue;
        keep(best, judge(a, one, writing_[a], b, other, writing_[b]));
      }
    if (best || group_.record == nullptr || is_node(*group_.record)) return best;
    const auto found = beside_update(a, b);
    return found ? found : beside_update(b, a);
  }

 private:
  static Functions functions(const std::vector<Use>& uses) {
    Functions all;
    for (const Use& use : uses) all.insert(use.site->function);
    return all;
  }

  void find_operations(SymbolId function) {
    auto [found, is_new] = operations_.try_emplace(function);
    if (!is_new) return;
    found->second = context_.operations.of(function);
    for (SymbolId operation : found->second)
      if (!reached_.contains(operation))
        reached_.emplace(operation, reached_from(context_.index, operation));
  }

  /// An atomic that one operation updates in a loop, and a counter that its owner, who uses both,
  /// keeps beside it: whoever only updates the atomic takes the counter's line away.
  std::optional<SharedPair> beside_update(size_t updated, size_t counted) const {
    for (const Use& one : group_.members[updated].writes)
      for (const Use& other : group_.members[counted].writes) {
        const bool is_case = is_atomic_update(*one.site) && one.heat == Heat::kHot &&
                             !is_atomic_form(other.site->form) &&
                             is_read_modify_write(*other.site) &&
                             !other.site->is_indexed_by_variable;
        if (!is_case || group_.members[counted].is_used_in(one.site->function)) continue;
        if (overlap(*one.site, *other.site) == Overlap::kNever ||
            context_.locks.share_lock(*one.site, *other.site) ||
            !leaves_alone(one, writing_[counted]))
          continue;
        return SharedPair{
            .written = updated, .other = counted, .writer = one.site, .user = other.site};
      }
    return std::nullopt;
  }

  std::optional<SharedPair> judge(size_t a, const Use& one, const Functions& a_users, size_t b,
                                  const Use& other, const Functions& b_users) const {
    if (context_.locks.share_lock(*one.site, *other.site)) return std::nullopt;
    const auto proof = prove(one, a_users, other, b_users);
    if (!proof) return std::nullopt;
    SharedPair pair{.written = a, .other = b, .writer = one.site, .user = other.site};
    pair.proof = *proof;
    pair.is_hot = one.heat == Heat::kHot && other.heat == Heat::kHot;
    pair.is_apart = !has_common_role({one.site->function}, {other.site->function});
    return pair;
  }

  std::optional<Proof> prove(const Use& one, const Functions& a, const Use& other,
                             const Functions& b) const {
    if (is_owned_line(*one.site, *other.site)) return std::nullopt;
    switch (overlap(*one.site, *other.site)) {
      case Overlap::kNever:
        return std::nullopt;
      case Overlap::kDifferentRoles:
        if (!is_one_object(*one.site, *other.site)) return std::nullopt;
        if (!is_atomic_form(one.site->form) && !is_atomic_form(other.site->form) &&
            (has_common_role(a, b) || is_node_of_list()))
          return std::nullopt;
        return are_separate(one, a, other, b) ? std::optional(Proof::kRoles) : std::nullopt;
      case Overlap::kSameRole:
        if (!is_shared_by_claim(*one.site, *other.site)) return std::nullopt;
        return are_separate(one, a, other, b) ? std::optional(Proof::kSameRole) : std::nullopt;
      case Overlap::kUnknown:
        if (!is_shared_by_claim(*one.site, *other.site)) return std::nullopt;
        return are_separate(one, a, other, b) ? std::optional(Proof::kOperations) : std::nullopt;
    }
    return std::nullopt;
  }

  /// Its author gave each object lines of its own, neither access is atomic, and functions get it
  /// from outside: each thread has one.
  bool is_owned_line(const AccessSite& one, const AccessSite& other) const {
    return group_.record != nullptr && group_.record->align_bytes >= kLineBytes &&
           is_plain_from_outside(one) && is_plain_from_outside(other);
  }

  static bool is_plain_from_outside(const AccessSite& site) {
    return !is_atomic_form(site.form) && site.base != "this";
  }

  /// Main alone, in the sight of the facts, uses the operations of a concurrent class: it is a test
  /// or an example of a library, and says nothing about the library's threads.
  Overlap overlap(const AccessSite& one, const AccessSite& other) const {
    const Overlap known = context_.roles.overlap(one.function, other.function);
    if (known != Overlap::kNever || !is_operation(one) || !is_operation(other)) return known;
    const RoleId role = context_.roles.of(one.function).front();
    return context_.roles[role].start == nullptr ? Overlap::kUnknown : known;
  }

  /// A function of a class, or one that atomics make part of a concurrent C record's interface.
  bool is_operation(const AccessSite& site) const {
    const SourceFunction* function = context_.index.function(site.function);
    if (!group_.is_concurrent || group_.record == nullptr || function == nullptr) return false;
    return function->record.is_valid() || (!function->is_main && is_atomic_form(site.form));
  }

  /// Nothing is atomic in an object that one thread owns, except by mistake: an atomic update says
  /// that others are about, whatever the other member is written with.
  bool is_shared_by_claim(const AccessSite& one, const AccessSite& other) const {
    const bool is_element = one.is_indexed_by_variable && other.is_indexed_by_variable;
    if (is_element) return false;
    return are_atomic(one, other) || ((is_atomic_update(one) || is_atomic_update(other)) &&
                                      group_.record != nullptr && !is_node(*group_.record));
  }

  static bool is_atomic_update(const AccessSite& site) {
    return is_atomic_form(site.form) && is_read_modify_write(site);
  }

  /// Threads of different roles may still each have an object of their own.
  bool is_one_object(const AccessSite& one, const AccessSite& other) const {
    if (one.is_indexed_by_variable && other.is_indexed_by_variable) return false;
    if (group_.is_concurrent) return true;
    const auto& index = context_.index;
    return !index.starts_of(one.function).empty() && !index.starts_of(other.function).empty();
  }

  /// A thread that plainly writes both members, as others do, is kept from them by what the facts
  /// do not show: a lock, or the course of things.
  bool has_common_role(const Functions& a, const Functions& b) const {
    std::set<RoleId> roles;
    for (SymbolId function : a) {
      const auto& own = context_.roles.of(function);
      roles.insert(own.begin(), own.end());
    }
    return std::any_of(b.begin(), b.end(), [&](SymbolId function) {
      const auto& own = context_.roles.of(function);
      return std::any_of(own.begin(), own.end(), [&](RoleId role) { return roles.contains(role); });
    });
  }

  /// Handed from one thread to the next, and too many to pad.
  bool is_node_of_list() const { return group_.record != nullptr && is_node(*group_.record); }

  /// Is there an operation for each access that has nothing to do with the other member?
  bool are_separate(const Use& one, const Functions& a, const Use& other,
                    const Functions& b) const {
    return leaves_alone(one, b) && leaves_alone(other, a);
  }

  bool leaves_alone(const Use& use, const Functions& foreign) const {
    const auto& own = operations_.at(use.site->function);
    return std::any_of(own.begin(), own.end(),
                       [&](SymbolId operation) { return !reaches(operation, foreign); });
  }

  bool reaches(SymbolId operation, const Functions& functions) const {
    const Functions& reached = reached_.at(operation);
    return std::any_of(functions.begin(), functions.end(),
                       [&](SymbolId function) { return reached.contains(function); });
  }

  static void keep(std::optional<SharedPair>& best, const std::optional<SharedPair>& found) {
    if (!found) return;
    if (!best || std::pair(best->proof, best->is_hot) < std::pair(found->proof, found->is_hot))
      best = found;
  }

  const CheckContext& context_;
  const MemberGroup& group_;
  std::map<SymbolId, std::vector<SymbolId>> operations_;  // by function
  std::map<SymbolId, Functions> reached_;                 // by operation
  std::vector<Functions> writing_;                        // by member: functions that write it
};

bool is_pairable(const MemberGroup& group, size_t a, size_t b) {
  const LineMember& one = group.members[a];
  const LineMember& other = group.members[b];
  if (is_overlap(one, other) || one.is_lock || other.is_lock) return false;
  // Fields of one nested record or base are that record's own question.
  return group.record == nullptr || one.parent != other.parent || one.parent == group.record;
}

}  // namespace

std::vector<SharedPair> written_pairs(const CheckContext& context, const MemberGroup& group) {
  std::vector<SharedPair> pairs;
  if (group.members.size() > kMaxMembers) return pairs;
  const PairJudge judge(context, group);
  for (size_t a = 0; a < group.members.size(); ++a)
    for (size_t b = a + 1; b < group.members.size(); ++b) {
      const LineSharing sharing =
          share_line(group.members[a].bytes, group.members[b].bytes, group.alignment);
      if (sharing == LineSharing::kNever || !is_pairable(group, a, b)) continue;
      auto pair = judge.both_written(a, b);
      if (!pair) continue;
      pair->sharing = sharing;
      pairs.push_back(*pair);
    }
  return pairs;
}

}  // namespace quarrel
