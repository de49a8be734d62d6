// Which word is used under a lock in most places, and without it in others?
//
// Nobody declares which lock protects what; the program shows it by its habits. The odd ones out
// are reported if the habit is clear: one lock, held by writers, in more functions than not.
#include "checks/lock_consistency.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checks/lock_usage.h"
#include "checks/name_words.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr size_t kMinGuardedFunctions = 2;
constexpr size_t kMaxShown = 6;

using Functions = std::set<SymbolId>;

/// "size_locked", "popUnsafe": says that the caller has taken care.
bool leaves_locking_to_caller(std::string_view function) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"locked", "unlocked", "unsafe", "nolock", "lockless", "unguarded", "racy", "held", "relaxed",
       "approx", "approximate", "estimate", "dump", "debug"});
  return has_any_word(function, kWords);
}

/// Where one object is used with its usual lock, and where with none.
struct LockHabit {
  SymbolId lock;
  std::vector<const AccessSite*> guarded;
  std::vector<const AccessSite*> bare;

  Functions guarded_functions() const { return functions(guarded); }
  Functions bare_functions() const { return functions(bare); }
  Functions bare_writers() const {
    auto writes = bare;
    std::erase_if(writes, [](const AccessSite* site) { return !is_write(site->access); });
    return functions(writes);
  }
  bool has_guarded_write() const {
    return std::any_of(guarded.begin(), guarded.end(),
                       [](const AccessSite* site) { return is_write(site->access); });
  }
  const AccessSite* bare_update() const {
    const auto found = std::find_if(bare.begin(), bare.end(), [](const AccessSite* site) {
      return site->access == SourceAccess::kReadModifyWrite;
    });
    return found == bare.end() ? nullptr : *found;
  }

 private:
  static Functions functions(const std::vector<const AccessSite*>& sites) {
    Functions all;
    for (const AccessSite* site : sites) all.insert(site->function);
    return all;
  }
};

SymbolId usual_lock(const CheckContext& context, const SharedObject& object) {
  std::map<SymbolId, size_t> holders;
  for (const AccessSite* site : object.sites)
    for (SymbolId lock : context.locks.held_at(*site)) ++holders[lock];
  SymbolId usual;
  size_t most = 0;
  for (const auto& [lock, count] : holders)
    if (count > most) {
      most = count;
      usual = lock;
    }
  return usual;
}

LockHabit habit_of(const CheckContext& context, const SharedObject& object) {
  LockHabit habit{.lock = usual_lock(context, object)};
  if (!habit.lock.is_valid()) return habit;
  for (const AccessSite* site : object.sites) {
    const auto held = context.locks.held_at(*site);
    if (std::find(held.begin(), held.end(), habit.lock) != held.end())
      habit.guarded.push_back(site);
    else if (held.empty())
      habit.bare.push_back(site);
  }
  const Functions guarded = habit.guarded_functions();
  std::erase_if(habit.bare, [&](const AccessSite* site) {
    // A function that takes the lock as well knows what it does ahead of it and behind.
    return guarded.contains(site->function) ||
           leaves_locking_to_caller(context.index.function_name(site->function)) ||
           context.index.is_suppressed("mixed-access", site->position);
  });
  return habit;
}

bool is_judged(const SharedObject& object) {
  if (!is_word(object) || object.is_atomic || object.is_const) return false;
  return std::none_of(object.sites.begin(), object.sites.end(),
                      [](const AccessSite* site) { return is_atomic_form(site->form); });
}

bool can_overlap(const CheckContext& context, const LockHabit& habit) {
  for (const AccessSite* bare : habit.bare)
    for (const AccessSite* guarded : habit.guarded)
      if ((is_write(bare->access) || is_write(guarded->access)) &&
          context.roles.overlap(bare->function, guarded->function) != Overlap::kNever)
        return true;
  return false;
}

/// A lock of the object's own record, or a variable of its file: else it protects something that
/// holds the object, and other objects of the record may be protected otherwise or not at all.
bool is_own_lock(const SharedObject& lock, const SharedObject& object) {
  if (lock.record != nullptr) return lock.record == object.record;
  return lock.position.file == object.position.file;
}

bool is_clear(const LockHabit& habit) {
  if (habit.bare.empty() || !habit.has_guarded_write()) return false;
  const size_t guarded = habit.guarded_functions().size();
  // An update without the lock that a writer holds loses that one's value.
  if (habit.bare_update() != nullptr) return guarded + 1 >= habit.bare_writers().size();
  return guarded >= kMinGuardedFunctions && guarded >= habit.bare_functions().size();
}

Complaint complaint_of(const CheckContext& context, const SharedObject& object,
                       const SharedObject& lock, const LockHabit& habit) {
  const AccessSite* odd = habit.bare_update();
  for (const AccessSite* site : habit.bare)
    if (odd == nullptr && is_write(site->access)) odd = site;
  if (odd == nullptr) odd = habit.bare.front();
  Complaint complaint = complaint_about(object);
  complaint.key = "lock";
  complaint.weight = habit.bare_update() != nullptr ? 40 : is_write(odd->access) ? 30 : 25;
  complaint.message =
      object.full_name() + " is " + (is_write(odd->access) ? "written" : "read") + " in " +
      short_function_name(context.index, odd->function) + " without " + lock.name + ", which " +
      std::to_string(habit.guarded_functions().size()) +
      (habit.guarded_functions().size() == 1 ? " other function takes" : " other functions take") +
      " for it";
  complaint.reason = "nothing in sight says that no other thread can be in those functions";
  for (const AccessSite* site : habit.bare)
    if (complaint.locations.size() < kMaxShown)
      complaint.locations.push_back(located(context, object, *site));
  for (const AccessSite* site : habit.guarded)
    if (is_write(site->access) && complaint.locations.size() < 2 * kMaxShown)
      complaint.locations.push_back(located(context, object, *site));
  complaint.advice = {{.remedy = "atomic",
                       .summary = "take " + lock.name + " there as well, or make " + object.name +
                                  " an atomic that is stored under the lock and read without",
                       .memory_bytes = 0}};
  return complaint;
}

}  // namespace

std::optional<Complaint> inconsistent_locking(const CheckContext& context,
                                              const ObjectTable& objects,
                                              const SharedObject& object) {
  if (!is_judged(object)) return std::nullopt;
  const LockHabit habit = habit_of(context, object);
  if (!habit.lock.is_valid() || !is_clear(habit) || !can_overlap(context, habit))
    return std::nullopt;
  const SharedObject* lock = objects.find(habit.lock);
  if (lock == nullptr || is_inner_lock(*lock) || !is_own_lock(*lock, object)) return std::nullopt;
  return complaint_of(context, object, *lock, habit);
}

}  // namespace quarrel
