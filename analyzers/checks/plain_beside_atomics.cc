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

/// Accesses to one object as far as the source tells: both through `this`, or by the same name.
bool are_separate_operations(const CheckContext& context, SymbolId one, SymbolId other) {
  const auto a = operations_of(context.index, one);
  const auto b = operations_of(context.index, other);
  // Where every operation that reaches the one also is the only one to reach the other, the two
  // are steps of it.
  return a != b || a.size() > 1;
}

struct PlainPair {
  const AccessSite* write = nullptr;
  const AccessSite* use = nullptr;
};

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
    if (write.function == use.function || !context_.locks.held_at(write).empty()) return false;
    if (context_.roles.overlap(write.function, use.function) == Overlap::kNever) return false;
    const bool is_claimed = siblings_.are_used_in(object_, write.function) ||
                            siblings_.are_used_in(object_, use.function);
    return is_claimed && !siblings_.publish(object_, write, use) &&
           !siblings_.publish(object_, use, write) &&
           are_separate_operations(context_, write.function, use.function);
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
  return by_record_.contains(key_of(object));
}

bool AtomicSiblings::are_used_in(const SharedObject& object, SymbolId function) const {
  const auto found = by_record_.find(key_of(object));
  return found != by_record_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const AccessSite* site) { return site->function == function; });
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
  std::optional<Complaint> complaint;
  std::vector<std::string> names;
  for (const SharedObject* object : objects) {
    if (!siblings.has_any(*object) || !is_plain_word(*object)) continue;
    const auto pair = PlainJudge(context, siblings, *object).pair();
    if (!pair) continue;
    names.push_back(object->name);
    if (!complaint) {
      complaint = complaint_about(*object);
      complaint->message = " in " + object->record->name + ", whose other members are atomic: " +
                           short_function_name(context.index, pair->write->function) +
                           " writes it, " +
                           short_function_name(context.index, pair->use->function) +
                           (is_write(pair->use->access) ? " does, too" : " reads it");
    } else {
      complaint->fields.push_back(
          {.name = object->name, .offset = object->offset, .size = object->size});
    }
    if (complaint->locations.size() < kMaxShown) {
      complaint->locations.push_back(located(context, *object, *pair->write));
      complaint->locations.push_back(located(context, *object, *pair->use));
    }
  }
  if (!complaint) return std::nullopt;
  complaint->key = "beside atomics";
  complaint->message =
      enumerate(names) + (names.size() == 1 ? " is plain" : " are plain") + complaint->message;
  complaint->reason =
      "no lock is held, and no atomic in sight hands the value over; that two "
      "threads are there at once the source does not show";
  complaint->advice = {{.remedy = "atomic",
                        .summary = "make it atomic as well (relaxed loads and stores cost "
                                   "nothing), or say which thread owns it",
                        .memory_bytes = 0}};
  return complaint;
}

std::optional<Complaint> plain_update(const CheckContext& context, const AtomicSiblings& siblings,
                                      const SharedObject& object) {
  if (!is_plain_word(object) || !siblings.has_any(object)) return std::nullopt;
  const Functions functions = functions_of(object.sites);
  if (functions.size() < 2 || siblings.have_one_owner(object, functions)) return std::nullopt;
  for (const AccessSite* site : object.sites) {
    const bool is_own_value = std::find(site->value_from.begin(), site->value_from.end(),
                                        site->object) != site->value_from.end();
    const bool is_update = site->access == SourceAccess::kReadModifyWrite ||
                           (site->access == SourceAccess::kWrite && is_own_value);
    if (!is_update || !siblings.are_used_in(object, site->function)) continue;
    if (!context.locks.held_at(*site).empty()) continue;
    if (context.roles.overlap(site->function, site->function) == Overlap::kNever) continue;
    Complaint complaint = complaint_about(object);
    complaint.message = object.full_name() + " is updated plainly in " +
                        short_function_name(context.index, site->function) +
                        ", which uses the atomic members beside it";
    complaint.reason =
        "an update is a read and a write: that of another thread in between gets "
        "lost; that two threads are there at once the source does not show";
    complaint.locations = {located(context, object, *site)};
    for (const AccessSite* other : object.sites)
      if (other->function != site->function && complaint.locations.size() < kMaxShown)
        complaint.locations.push_back(located(context, object, *other));
    complaint.advice = {{.remedy = "atomic",
                         .summary = "make it atomic: fetch_add with relaxed order suffices for a "
                                    "count",
                         .memory_bytes = 0}};
    return complaint;
  }
  return std::nullopt;
}

}  // namespace quarrel
