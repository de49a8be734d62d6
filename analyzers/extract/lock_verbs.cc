// Does the name of a function or macro say that it takes or gives back a lock?
#include "extract/lock_verbs.h"

#include <algorithm>
#include <array>
#include <string>

#include "extract/name_parts.h"

namespace quarrel {
namespace {

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What is done to a lock, or asked about it, without taking it.
constexpr std::array<std::string_view, 17> kOthers = {
    "init", "initialize", "destroy", "free",  "create", "new",  "delete", "get",  "is",
    "held", "assert",     "check",   "print", "dump",   "show", "set",    "alloc"};
/// What belongs to a lock, if it is named behind it: "lock_stats", not "stats_lock".
constexpr std::array<std::string_view, 5> kBelongings = {"stat", "stats", "owner", "count", "name"};
constexpr std::array<std::string_view, 7> kShared = {"read",  "reader", "rd",   "shared",
                                                     "share", "rdlock", "rlock"};
constexpr std::array<std::string_view, 7> kKinds = {"spin",     "mutex",  "mtx",    "rwlock",
                                                    "spinlock", "ticket", "seqlock"};

bool is_unlock(const std::string& word) {
  return word.ends_with("unlock");
}
bool is_lock(const std::string& word) {
  static constexpr std::array<std::string_view, 8> kLocks = {
      "lock", "rdlock", "wrlock", "rlock", "wlock", "sklock", "trylock", "tryrdlock"};
  return is_one_of(word, kLocks) || word == "trywrlock";
}

}  // namespace

std::optional<LockVerb> lock_verb_of(std::string_view name) {
  const std::vector<std::string> words = name_parts(name);
  LockVerb verb;
  bool is_found = false;
  for (const std::string& word : words) {
    if (is_one_of(word, kOthers)) return std::nullopt;
    if (is_found && is_one_of(word, kBelongings)) return std::nullopt;
    if (is_one_of(word, kShared) || word == "tryrdlock") verb.mode = LockMode::kShared;
    verb.names_lock |= is_one_of(word, kKinds);
    if (is_unlock(word)) verb.step = LockStep::kRelease;
    if (word.starts_with("try") && verb.step != LockStep::kRelease) verb.step = LockStep::kTry;
    is_found |= is_unlock(word) || is_lock(word);
  }
  if (!is_found) return std::nullopt;
  if (verb.step == LockStep::kTry) verb.mode = LockMode::kTry;
  return verb;
}

std::string name_without_lock_verb(std::string_view name) {
  std::string rest;
  for (const std::string& word : name_parts(name))
    if (!is_unlock(word) && !is_lock(word) && !is_one_of(word, kShared)) rest += word + " ";
  return rest;
}

}  // namespace quarrel
