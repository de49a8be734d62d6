// Which functions and macros are known to access, lock or start threads, by name alone?
#include "extract/primitives.h"

#include <fnmatch.h>

#include <utility>

namespace quarrel {
namespace {

template <class T>
const T* find_by_name(const std::vector<T>& list, std::string_view name) {
  for (const T& each : list)
    if (matches_pattern(each.name, name)) return &each;
  return nullptr;
}

const LockPrimitive* find_lock(const std::vector<LockPrimitive>& locks, std::string_view name,
                               bool& is_release) {
  for (const LockPrimitive& each : locks) {
    is_release = matches_pattern(each.release, name);
    if (is_release || matches_pattern(each.acquire, name)) return &each;
  }
  return nullptr;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view name) {
  if (pattern.find('*') == std::string_view::npos) return pattern == name;
  return fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

PrimitiveRegistry::PrimitiveRegistry() : known_(known_primitives()) {}

PrimitiveRegistry& PrimitiveRegistry::instance() {
  static PrimitiveRegistry registry;
  return registry;
}

void PrimitiveRegistry::add_project(Primitives project) {
  project_ = std::move(project);
  found_.clear();
}

const AccessPrimitive* PrimitiveRegistry::access(std::string_view name) const {
  auto [place, is_new] = found_.try_emplace(std::string(name), nullptr);
  if (!is_new) return place->second;
  place->second = find_by_name(project_.accesses, name);
  if (place->second == nullptr) place->second = find_by_name(known_.accesses, name);
  return place->second;
}

const LockPrimitive* PrimitiveRegistry::lock(std::string_view name, bool& is_release) const {
  const LockPrimitive* own = find_lock(project_.locks, name, is_release);
  return own != nullptr ? own : find_lock(known_.locks, name, is_release);
}

const ThreadPrimitive* PrimitiveRegistry::thread(std::string_view name,
                                                 std::string_view qualified_name) const {
  for (const std::vector<ThreadPrimitive>* list : {&project_.threads, &known_.threads})
    for (const ThreadPrimitive& each : *list) {
      const bool is_qualified = each.name.find("::") != std::string::npos;
      if (matches_pattern(each.name, is_qualified ? qualified_name : name)) return &each;
    }
  return nullptr;
}

LockClass PrimitiveRegistry::lock_type(std::string_view name) const {
  const LockType* own = find_by_name(project_.lock_types, name);
  return own == nullptr ? LockClass::kNone : own->kind;
}

}  // namespace quarrel
