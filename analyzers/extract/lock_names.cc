// Does the name of a type say that it is a lock?
//
// The last word decides, once endings such as "_t" are gone. A guard that holds a lock is mostly
// named after how it holds it, or after the lock with one more "Lock".
#include "extract/lock_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "extract/name_parts.h"
#include "extract/primitives.h"

namespace quarrel {
namespace {

/// "ns::RWLock<int>" without scopes and arguments.
std::string_view own_part(std::string_view name) {
  name = name.substr(0, name.find('<'));
  const size_t scope = name.rfind("::");
  return scope == std::string_view::npos ? name : name.substr(scope + 2);
}

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 5> kEndings = {"t", "s", "st", "impl", "base"};
constexpr std::array<std::string_view, 11> kHolders = {"guard",  "guards", "scoped", "scope",
                                                       "unique", "auto",   "holder", "locker",
                                                       "unlock", "no",     "null"};
constexpr std::array<std::string_view, 5> kLocks = {"lock", "mutex", "mtx", "seqlock",
                                                    "ticketlock"};

bool is_lock_word(const std::string& word) {
  return is_one_of(word, kLocks) || word.ends_with("spinlock") || word.ends_with("rwlock") ||
         word.ends_with("mutex") || word == "spin";
}

bool has_part(const std::vector<std::string>& words,
              std::initializer_list<std::string_view> parts) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view part) { return word.starts_with(part); });
  });
}

/// "MutexLock", "ReaderMutexLock" hold the mutex that they name first; "ReadLock", "WriteLock" hold
/// one half of a lock, while a "ReadWriteLock" is one.
bool is_named_like_guard(const std::vector<std::string>& words) {
  if (words.size() < 2 || words.back() != "lock") return false;
  const std::string& before = words[words.size() - 2];
  if (before != "spin" && is_lock_word(before)) return true;
  return has_part(words, {"read"}) != has_part(words, {"write"});
}

}  // namespace

LockClass lock_class_of_name(std::string_view type_name) {
  const LockClass told = PrimitiveRegistry::instance().lock_type(type_name);
  if (told != LockClass::kNone) return told;
  std::vector<std::string> words = name_parts(own_part(type_name));
  while (words.size() > 1 && is_one_of(words.back(), kEndings)) words.pop_back();
  if (words.empty() || !is_lock_word(words.back())) return LockClass::kNone;
  for (const std::string& word : words)
    if (is_one_of(word, kHolders)) return LockClass::kNone;
  if (is_named_like_guard(words)) return LockClass::kNone;
  if (has_part(words, {"rw", "shared", "readwrite", "read"})) return LockClass::kSharedMutex;
  if (has_part(words, {"spin", "seq", "ticket", "mcs", "micro", "tas", "qspin"}) ||
      words.back().ends_with("spinlock"))
    return LockClass::kSpin;
  return LockClass::kMutex;
}

}  // namespace quarrel
