// Which words are plain in a record whose other members say that threads use it?
//
// An atomic member is the author's word that several threads use the object. A plain word beside it
// that one function writes and another uses is either handed over by that atomic, or owned by one
// thread, or forgotten. The first two show in the order of accesses and in who stores what.
#include "checks/plain_beside_atomics.h"

#include <algorithm>
#include <set>

#include "checks/operations.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr size_t kMaxShown = 8;
constexpr size_t kFewMembers = 2;
// A hostile or generated record must not take quadratic time.
constexpr size_t kMaxSites = 256;

using Functions = std::vector<SymbolId>;

SymbolId key_of(const SharedObject& object) {
  return object.record == nullptr ? SymbolId{} : object.declaration;
}

bool is_update(const AccessSite& site) {
  return site.access == SourceAccess::kReadModifyWrite ||
         site.access == SourceAccess::kCompareExchange;
}

bool releases(const AccessSite& site) {
  return is_write(site.access) && site.order != MemoryOrder::kRelaxed &&
         site.order != MemoryOrder::kAcquire && site.order != MemoryOrder::kConsume;
}

bool acquires(const AccessSite& site) {
  return site.access != SourceAccess::kWrite && site.order != MemoryOrder::kRelaxed &&
         site.order != MemoryOrder::kRelease;
}

Functions functions_of(const std::vector<const AccessSite*>& sites) {
  std::set<SymbolId> all;
  for (const AccessSite* site : sites) all.insert(site->function);
  return {all.begin(), all.end()};
}

bool is_plain_word(const SharedObject& object) {
  if (object.is_atomic || object.is_const || !is_word(object)) return false;
  return object.sites.size() <= kMaxSites &&
         std::all_of(object.sites.begin(), object.sites.end(),
                     [](const AccessSite* site) { return site->form == AccessForm::kPlain; });
}

bool is_virtual(const FactIndex& index, SymbolId symbol) {
  const SourceFunction* function = index.function(symbol);
  return function != nullptr && function->is_virtual;
}

/// Not if both are steps of the same single operation: then one thread takes them in turn. Who
/// calls a virtual function nobody knows.
bool are_separate_operations(const CheckContext& context, SymbolId one, SymbolId other) {
  if (is_virtual(context.index, one) || is_virtual(context.index, other)) return true;
  const auto& a = context.operations.of(one);
  return a.size() > 1 || a != context.operations.of(other);
}

struct PlainPair {
  const AccessSite* write = nullptr;
  const AccessSite* use = nullptr;
};

/// A member to report, with the access that it is about and one that it meets.
struct PlainMember {
  const SharedObject* object = nullptr;
  const AccessSite* site = nullptr;
  const AccessSite* other = nullptr;  ///< may be nullptr
};

std::string names_of(const std::vector<PlainMember>& members) {
  std::vector<std::string> names;
  for (const PlainMember& member : members) names.push_back(member.object->name);
  return enumerate(names);
}

/// Fields, places and weight. The more members, the more likely it is that one thread owns them.
Complaint complaint_about_all(const CheckContext& context,
                              const std::vector<PlainMember>& members) {
  Complaint complaint = complaint_about(*members.front().object);
  complaint.fields.clear();
  for (const PlainMember& member : members) {
    const SharedObject& object = *member.object;
    complaint.fields.push_back({.name = object.name, .offset = object.offset, .size = object.size});
    if (complaint.locations.size() >= kMaxShown) continue;
    complaint.locations.push_back(located(context, object, *member.site));
    if (member.other != nullptr)
      complaint.locations.push_back(located(context, object, *member.other));
  }
  complaint.weight = members.size() <= kFewMembers ? 25 : 10;
  return complaint;
}

/// `x = x + 1`, and not a copy from another object of the type.
bool is_written_back(const SharedObject& object, const AccessSite& write) {
  if (write.access != SourceAccess::kWrite) return false;
  const auto& sources = write.value_from;
  if (std::find(sources.begin(), sources.end(), write.object) == sources.end()) return false;
  return std::any_of(object.sites.begin(), object.sites.end(), [&](const AccessSite* site) {
    return site->function == write.function && site->access == SourceAccess::kRead &&
           site->base == write.base;
  });
}

const AccessSite* other_function(const SharedObject& object, const AccessSite& site) {
  for (const AccessSite* other : object.sites)
    if (other->function != site.function) return other;
  return nullptr;
}

class PlainJudge {
 public:
  PlainJudge(const CheckContext& context, const AtomicSiblings& siblings,
             const SharedObject& object)
      : context_(context), siblings_(siblings), object_(object) {}

  std::optional<PlainPair> pair() const {
    if (siblings_.have_one_owner(object_, functions_of(object_.sites))) return std::nullopt;
    for (const AccessSite* write : object_.sites)
      if (is_write(write->access))
        for (const AccessSite* use : object_.sites)
          if (is_conflict(*write, *use)) return PlainPair{write, use};
    return std::nullopt;
  }

 private:
  bool is_conflict(const AccessSite& write, const AccessSite& use) const {
    if (&write == &use || !context_.locks.held_at(write).empty()) return false;
    if (write.function == use.function) return is_in_with_others(write);
    if (context_.roles.overlap(write.function, use.function) == Overlap::kNever) return false;
    const bool is_claimed = siblings_.are_used_in(object_, write.function) ||
                            siblings_.are_used_in(object_, use.function) ||
                            !context_.locks.held_at(use).empty();
    return is_claimed && !siblings_.publish(object_, write, use) &&
           !siblings_.publish(object_, use, write) &&
           are_separate_operations(context_, write.function, use.function);
  }

  /// May several threads be in the function, by its own account?
  bool is_in_with_others(const AccessSite& write) const {
    return siblings_.are_updated_in(object_, write.function) &&
           context_.roles.overlap(write.function, write.function) != Overlap::kNever;
  }

  const CheckContext& context_;
  const AtomicSiblings& siblings_;
  const SharedObject& object_;
};

}  // namespace

AtomicSiblings::AtomicSiblings(const CheckContext& context,
                               const std::vector<SharedObject>& objects) {
  for (const SharedObject& object : objects) {
    if (object.record == nullptr) continue;
    for (const AccessSite* site : object.sites)
      if (is_atomic_form(site->form) && !context.index.is_system(site->position.file))
        by_record_[key_of(object)].push_back(site);
  }
}

bool AtomicSiblings::has_any(const SharedObject& object) const {
  if (by_record_.contains(key_of(object))) return true;
  return object.record != nullptr &&
         std::any_of(object.record->fields.begin(), object.record->fields.end(),
                     [](const SourceField& field) { return field.is_atomic; });
}

bool AtomicSiblings::are_used_in(const SharedObject& object, SymbolId function) const {
  const auto found = by_record_.find(key_of(object));
  return found != by_record_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const AccessSite* site) { return site->function == function; });
}

bool AtomicSiblings::are_updated_in(const SharedObject& object, SymbolId function) const {
  const auto found = by_record_.find(key_of(object));
  return found != by_record_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const AccessSite* site) {
           return site->function == function && is_update(*site);
         });
}

bool AtomicSiblings::publish(const SharedObject& object, const AccessSite& write,
                             const AccessSite& read) const {
  const auto found = by_record_.find(key_of(object));
  if (found == by_record_.end()) return false;
  for (const AccessSite* store : found->second) {
    if (store->function != write.function || !releases(*store)) continue;
    if (store->position < write.position) continue;
    for (const AccessSite* load : found->second)
      if (load->function == read.function && load->object == store->object && acquires(*load) &&
          load->position < read.position)
        return true;
  }
  return false;
}

bool AtomicSiblings::have_one_owner(const SharedObject& object,
                                    const std::vector<SymbolId>& functions) const {
  const auto found = by_record_.find(key_of(object));
  if (found == by_record_.end()) return false;
  // Who updates an atomic in one piece expects others to do so.
  if (std::any_of(functions.begin(), functions.end(),
                  [&](SymbolId function) { return are_updated_in(object, function); }))
    return false;
  std::map<SymbolId, std::set<SymbolId>> storers;
  std::set<SymbolId> updated;
  for (const AccessSite* site : found->second) {
    if (is_update(*site)) updated.insert(site->object);
    if (site->access == SourceAccess::kWrite) storers[site->object].insert(site->function);
  }
  return std::any_of(storers.begin(), storers.end(), [&](const auto& entry) {
    return !updated.contains(entry.first) &&
           std::all_of(functions.begin(), functions.end(),
                       [&](SymbolId function) { return entry.second.contains(function); });
  });
}

std::optional<Complaint> plain_beside_atomics(const CheckContext& context,
                                              const AtomicSiblings& siblings,
                                              const std::vector<const SharedObject*>& objects) {
  std::vector<PlainMember> members;
  for (const SharedObject* object : objects) {
    if (!siblings.has_any(*object) || !is_plain_word(*object)) continue;
    if (const auto pair = PlainJudge(context, siblings, *object).pair())
      members.push_back({object, pair->write, pair->use});
  }
  if (members.empty()) return std::nullopt;
  const PlainMember& first = members.front();
  Complaint complaint = complaint_about_all(context, members);
  complaint.key = "beside atomics";
  complaint.message = names_of(members) + (members.size() == 1 ? " is" : " are") + " plain in " +
                      first.object->record->name + ", whose other members are atomic: " +
                      short_function_name(context.index, first.site->function) + " writes " +
                      first.object->name + ", " +
                      short_function_name(context.index, first.other->function) +
                      (is_write(first.other->access) ? " does, too" : " reads it");
  complaint.reason =
      "no lock is held, and no atomic in sight hands the value over; that two "
      "threads are there at once the source does not show";
  complaint.advice = {{.remedy = "atomic",
                       .summary = "make it atomic as well (relaxed loads and stores cost "
                                  "nothing), or say which thread owns it",
                       .memory_bytes = 0}};
  return complaint;
}

const AccessSite* plain_update(const CheckContext& context, const AtomicSiblings& siblings,
                               const SharedObject& object) {
  if (!is_plain_word(object) || !siblings.has_any(object)) return nullptr;
  const Functions functions = functions_of(object.sites);
  if (functions.size() < 2 || siblings.have_one_owner(object, functions)) return nullptr;
  for (const AccessSite* site : object.sites) {
    const bool is_update =
        site->access == SourceAccess::kReadModifyWrite || is_written_back(object, *site);
    if (!is_update || !siblings.are_used_in(object, site->function)) continue;
    if (!context.locks.held_at(*site).empty()) continue;
    if (context.roles.overlap(site->function, site->function) != Overlap::kNever) return site;
  }
  return nullptr;
}

std::optional<Complaint> plain_updates(const CheckContext& context, const AtomicSiblings& siblings,
                                       const std::vector<const SharedObject*>& objects) {
  std::vector<PlainMember> members;
  for (const SharedObject* object : objects)
    if (const AccessSite* site = plain_update(context, siblings, *object))
      members.push_back({object, site, other_function(*object, *site)});
  if (members.empty()) return std::nullopt;
  const PlainMember& first = members.front();
  Complaint complaint = complaint_about_all(context, members);
  complaint.key = "plain";
  complaint.message = names_of(members) + " of " + first.object->record->name +
                      (members.size() == 1 ? " is" : " are") + " updated plainly in " +
                      short_function_name(context.index, first.site->function) +
                      ", which uses the atomic members beside " +
                      (members.size() == 1 ? "it" : "them");
  complaint.reason =
      "an update is a read and a write: that of another thread in between gets "
      "lost; that two threads are there at once the source does not show";
  complaint.advice = {{.remedy = "atomic",
                       .summary = "make it atomic: fetch_add with relaxed order suffices for a "
                                  "count",
                       .memory_bytes = 0}};
  return complaint;
}

std::vector<std::vector<const SharedObject*>> by_record(const std::vector<SharedObject>& objects) {
  std::vector<std::vector<const SharedObject*>> groups;
  for (const SharedObject& object : objects) {
    if (object.record == nullptr) continue;
    if (groups.empty() || groups.back().front()->record != object.record) groups.emplace_back();
    groups.back().push_back(&object);
  }
  return groups;
}

}  // namespace quarrel
