// What do all the regions of one lock have in common?
#include "checks/lock_usage.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "checks/name_words.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

bool is_of_lifetime(const FactIndex& index, SymbolId symbol) {
  const SourceFunction* function = index.function(symbol);
  return function != nullptr && (function->kind == FunctionKind::kConstructor ||
                                 function->kind == FunctionKind::kDestructor);
}

bool contains(const LockRegion& region, SourcePos position) {
  auto order = [](SourcePos place) { return std::tuple(place.line, place.column); };
  return region.begin.file == position.file && order(region.begin) <= order(position) &&
         order(position) <= order(region.end);
}

/// The name in the compiler's symbol of a function: "...@F@size#" is "size".
std::string name_in_symbol(std::string_view symbol) {
  const auto begin = symbol.rfind("@F@");
  if (begin == symbol.npos) return "";
  symbol.remove_prefix(begin + 3);
  return std::string(symbol.substr(0, symbol.find_first_of("#<>")));
}

}  // namespace

std::set<SymbolId> LockUsage::functions() const {
  std::set<SymbolId> all;
  for (const LockRegion* region : regions) all.insert(region->function);
  return all;
}

bool LockUsage::has_mode(LockMode mode) const {
  return std::any_of(regions.begin(), regions.end(),
                     [&](const LockRegion* region) { return region->mode == mode; });
}

bool is_inner_lock(const SharedObject& lock) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"lock", "mutex", "guard", "locker", "spinlock", "rwlock", "semaphore"});
  // Named after the lock that it is built with.
  static constexpr auto kContainers =
      std::to_array<std::string_view>({"array", "buffer", "cache", "list", "map", "pool", "queue",
                                       "ring", "set", "stack", "table"});
  if (lock.record == nullptr) return false;
  const std::string_view name = lock.record->name;
  const std::string_view plain = name.substr(0, name.find('<'));
  const auto scope = plain.rfind("::");
  const std::string_view own = scope == plain.npos ? plain : plain.substr(scope + 2);
  return has_any_word(own, kWords) && !has_any_word(own, kContainers);
}

std::vector<LockUsage> lock_usages(const FactIndex& index, const ObjectTable& objects) {
  std::map<SymbolId, LockUsage> by_lock;
  for (const LockRegion& region : index.facts().lock_regions) {
    const SharedObject* lock = objects.find(region.lock);
    if (lock == nullptr || is_inner_lock(*lock) || is_of_lifetime(index, region.function)) continue;
    if (index.is_system(lock->position.file)) continue;
    by_lock[region.lock].lock = lock;
    by_lock[region.lock].regions.push_back(&region);
  }
  std::vector<LockUsage> usages;
  for (auto& [lock, usage] : by_lock) usages.push_back(std::move(usage));
  return usages;
}

std::string called_name(const FactIndex& index, SymbolId callee) {
  if (index.function(callee) != nullptr) return short_function_name(index, callee);
  const auto& symbols = index.facts().symbols;
  return callee.value < symbols.size() ? name_in_symbol(symbols[callee.value]) : "";
}

bool takes_nothing(const FactIndex& index, SymbolId callee) {
  const auto& symbols = index.facts().symbols;
  if (callee.value >= symbols.size()) return false;
  const std::string_view symbol = symbols[callee.value];
  const auto begin = symbol.rfind("@F@");
  if (begin == symbol.npos) return false;
  // "...@F@size#" and, of a const member, "...@F@size#1"; behind it perhaps a file.
  const std::string_view rest = symbol.substr(begin, symbol.find('|') - begin);
  const std::string_view arguments = rest.substr(std::min(rest.find('#'), rest.size()));
  return arguments == "#" || arguments == "#1";
}

bool calls_only(const FactIndex& index, const LockRegion& region,
                std::span<const std::string_view> names) {
  return std::all_of(region.calls.begin(), region.calls.end(), [&](SymbolId callee) {
    return std::find(names.begin(), names.end(), called_name(index, callee)) != names.end();
  });
}

std::vector<const AccessSite*> accesses_within(const FactIndex& index, const LockRegion& region,
                                               SymbolId object) {
  std::vector<const AccessSite*> found;
  for (const AccessSite* site : index.accesses_in(region.function))
    if (site->object == object && contains(region, site->position)) found.push_back(site);
  return found;
}

std::vector<const SharedObject*> guarded_objects(const ObjectTable& objects,
                                                 const LockRegion& region) {
  std::vector<const SharedObject*> found;
  for (SymbolId symbol : region.objects)
    if (const SharedObject* object = objects.find(symbol);
        object != nullptr && symbol != region.lock && !object->is_lock)
      found.push_back(object);
  return found;
}

}  // namespace quarrel
