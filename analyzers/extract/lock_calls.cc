// Does a call or a declaration take or give back a lock?
#include "extract/lock_calls.h"

#include <algorithm>
#include <string_view>

#include "extract/lock_verbs.h"
#include "extract/name_parts.h"
#include "extract/names.h"
#include "extract/object_path.h"
#include "extract/source_text.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// The type of a pointer before it was converted to that of the parameter.
CXType written_type(CXCursor argument) {
  return type_of(strip(argument));
}

struct NamedStep {
  std::string_view name;
  LockStep step;
  LockMode mode;
};

constexpr NamedStep kMethods[] = {
    {"lock", LockStep::kAcquire, LockMode::kExclusive},
    {"Lock", LockStep::kAcquire, LockMode::kExclusive},
    {"acquire", LockStep::kAcquire, LockMode::kExclusive},
    {"WriterLock", LockStep::kAcquire, LockMode::kExclusive},
    {"WriteLock", LockStep::kAcquire, LockMode::kExclusive},
    {"lock_shared", LockStep::kAcquire, LockMode::kShared},
    {"ReaderLock", LockStep::kAcquire, LockMode::kShared},
    {"ReadLock", LockStep::kAcquire, LockMode::kShared},
    {"try_lock", LockStep::kTry, LockMode::kTry},
    {"try_lock_for", LockStep::kTry, LockMode::kTry},
    {"try_lock_until", LockStep::kTry, LockMode::kTry},
    {"try_lock_shared", LockStep::kTry, LockMode::kTry},
    {"TryLock", LockStep::kTry, LockMode::kTry},
    {"unlock", LockStep::kRelease, LockMode::kExclusive},
    {"Unlock", LockStep::kRelease, LockMode::kExclusive},
    {"release", LockStep::kRelease, LockMode::kExclusive},
    {"WriterUnlock", LockStep::kRelease, LockMode::kExclusive},
    {"WriteUnlock", LockStep::kRelease, LockMode::kExclusive},
    {"unlock_shared", LockStep::kRelease, LockMode::kShared},
    {"ReaderUnlock", LockStep::kRelease, LockMode::kShared},
    {"ReadUnlock", LockStep::kRelease, LockMode::kShared},
};

constexpr NamedStep kFunctions[] = {
    {"pthread_mutex_lock", LockStep::kAcquire, LockMode::kExclusive},
    {"pthread_mutex_timedlock", LockStep::kTry, LockMode::kTry},
    {"pthread_mutex_trylock", LockStep::kTry, LockMode::kTry},
    {"pthread_mutex_unlock", LockStep::kRelease, LockMode::kExclusive},
    {"pthread_rwlock_rdlock", LockStep::kAcquire, LockMode::kShared},
    {"pthread_rwlock_wrlock", LockStep::kAcquire, LockMode::kExclusive},
    {"pthread_rwlock_tryrdlock", LockStep::kTry, LockMode::kTry},
    {"pthread_rwlock_trywrlock", LockStep::kTry, LockMode::kTry},
    {"pthread_rwlock_unlock", LockStep::kRelease, LockMode::kExclusive},
    {"pthread_spin_lock", LockStep::kAcquire, LockMode::kExclusive},
    {"pthread_spin_trylock", LockStep::kTry, LockMode::kTry},
    {"pthread_spin_unlock", LockStep::kRelease, LockMode::kExclusive},
    {"mtx_lock", LockStep::kAcquire, LockMode::kExclusive},
    {"mtx_trylock", LockStep::kTry, LockMode::kTry},
    {"mtx_unlock", LockStep::kRelease, LockMode::kExclusive},
};

template <size_t kCount>
const NamedStep* find_step(const NamedStep (&steps)[kCount], std::string_view name) {
  for (const NamedStep& step : steps)
    if (step.name == name) return &step;
  return nullptr;
}

LockCall make_call(const NamedStep& step, std::string guard) {
  return {.step = step.step, .mode = step.mode, .guard = std::move(guard)};
}

std::optional<LockCall> method_call(CXCursor call, const std::string& name) {
  const NamedStep* step = find_step(kMethods, name);
  const std::vector<CXCursor> parts = expressions_in(call);
  if (step == nullptr || parts.empty()) return std::nullopt;
  const CXCursor base = base_of_member(parts[0]);
  if (is_null(base)) return std::nullopt;
  const CXType type = pointee(type_of(strip(base)));
  const bool is_on_guard = is_lock_guard(type);
  if (!is_on_guard && lock_class_of(type) == LockClass::kNone) return std::nullopt;
  // unique_lock::release gives the mutex away, locked as it is.
  if (is_on_guard && name == "release") return std::nullopt;
  LockCall result = make_call(*step, name + "()");
  result.objects = {base};
  result.is_on_guard = is_on_guard;
  return result;
}

/// An integer is a lock if the name of what is done to it says so.
bool can_be_lock(CXType pointer, const LockVerb& verb, bool& makes_lock) {
  const CXType target = clang_getPointeeType(canonical(pointer));
  if (target.kind == CXType_Invalid) return false;
  makes_lock = lock_class_of(target) == LockClass::kNone;
  if (!makes_lock) return true;
  const CXTypeKind kind = canonical(target).kind;
  return verb.names_lock && kind >= CXType_UChar && kind <= CXType_Int128;
}

std::optional<LockCall> call_by_name(CXCursor call, const std::string& name) {
  const auto verb = lock_verb_of(name);
  if (!verb) return std::nullopt;
  LockCall result{.step = verb->step, .mode = verb->mode, .guard = name};
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i) {
    const CXCursor argument = clang_Cursor_getArgument(call, static_cast<unsigned>(i));
    if (!can_be_lock(written_type(argument), *verb, result.makes_lock)) continue;
    result.objects = {argument};
    return result;
  }
  return std::nullopt;
}

/// The first of the outermost expressions below `statement` that were written where the macro is
/// used and can be what `verb` locks; null if there is none.
CXCursor macro_argument(CXCursor statement, const LockVerb& verb, bool& makes_lock) {
  for (CXCursor child : children_of(statement)) {
    const bool is_argument =
        clang_isExpression(clang_getCursorKind(child)) != 0 && !written_text(child).empty();
    if (is_argument && can_be_lock(written_type(child), verb, makes_lock)) return child;
    const CXCursor below = is_argument ? null_cursor() : macro_argument(child, verb, makes_lock);
    if (!is_null(below)) return below;
  }
  return null_cursor();
}

std::optional<LockCall> function_call(CXCursor call, CXCursor callee, const std::string& name) {
  if (const NamedStep* step = find_step(kFunctions, name)) {
    if (clang_Cursor_getNumArguments(call) < 1) return std::nullopt;
    LockCall result = make_call(*step, name);
    result.objects = {clang_Cursor_getArgument(call, 0)};
    return result;
  }
  if (name != "lock" || qualified_name(callee) != "std::lock") return call_by_name(call, name);
  LockCall result{.guard = "std::lock"};
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i)
    result.objects.push_back(clang_Cursor_getArgument(call, static_cast<unsigned>(i)));
  result.is_on_guard = is_lock_guard(type_of(strip(result.objects[0])));
  return result;
}

/// "std::unique_lock" of "std::unique_lock<std::mutex>".
std::string guard_name(CXType type) {
  const std::string name = type_name(unqualified(canonical(type)));
  return name.substr(0, name.find('<'));
}

void add_argument(GuardDeclaration& guard, CXCursor argument) {
  const CXType type = pointee(type_of(strip(argument)));
  if (lock_class_of(type) != LockClass::kNone) {
    guard.objects.push_back(argument);
    return;
  }
  const std::string tag = type_name(unqualified(type));
  if (tag == "std::defer_lock_t") guard.is_held = false;
  if (tag == "std::try_to_lock_t") guard.mode = LockMode::kTry;
}

LockMode mode_of_guard(const std::string& name) {
  const bool is_shared =
      name.find("shared_lock") != std::string::npos || name.find("Read") != std::string::npos;
  return is_shared ? LockMode::kShared : LockMode::kExclusive;
}

bool is_synchronized(CXType type) {
  return type_name(unqualified(pointee(type))).starts_with("folly::Synchronized<");
}

/// `x.wlock()` of a folly::Synchronized: what it returns holds the lock.
CXCursor synchronized_object(CXCursor call) {
  if (clang_getCursorKind(call) != CXCursor_CallExpr) return null_cursor();
  const std::vector<CXCursor> parts = expressions_in(call);
  const CXCursor base = parts.empty() ? null_cursor() : base_of_member(strip(parts[0]));
  return !is_null(base) && is_synchronized(type_of(strip(base))) ? base : null_cursor();
}

LockMode mode_of_synchronized(const std::string& name) {
  const bool is_shared = name.starts_with("r") || name.starts_with("withR");
  return is_shared ? LockMode::kShared : LockMode::kExclusive;
}

/// A class that is named like a guard and is made from a lock holds that lock.
std::optional<GuardDeclaration> guard_by_name(CXCursor variable) {
  const std::vector<CXCursor> initial = initialiser_of(variable);
  const CXCursor value = initial.empty() ? null_cursor() : strip(initial[0]);
  if (is_null(value)) return std::nullopt;
  const CXCursor object = synchronized_object(value);
  if (!is_null(object) && spelling_of(value).ends_with("lock"))
    return GuardDeclaration{.objects = {object},
                            .mode = mode_of_synchronized(spelling_of(value)),
                            .guard = spelling_of(value) + "()"};
  const std::string name = guard_name(type_of(variable));
  const std::vector<std::string> words = name_parts(name);
  const bool is_named = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "lock" || word == "guard" || word == "locker" || word == "scoped";
  });
  const bool is_made = clang_getCursorKind(value) == CXCursor_CallExpr &&
                       canonical(type_of(variable)).kind == CXType_Record;
  if (!is_named || !is_made || lock_class_of(type_of(variable)) != LockClass::kNone)
    return std::nullopt;
  GuardDeclaration guard{.mode = mode_of_guard(name), .guard = name};
  for (int i = 0; i < clang_Cursor_getNumArguments(value); ++i)
    add_argument(guard, clang_Cursor_getArgument(value, static_cast<unsigned>(i)));
  return guard.objects.empty() ? std::nullopt : std::optional(guard);
}

}  // namespace

std::optional<LockCall> lock_method(const std::string& name) {
  const NamedStep* step = find_step(kMethods, name);
  return step == nullptr ? std::nullopt : std::optional(make_call(*step, name + "()"));
}

std::optional<LockCall> lock_macro(CXCursor statement) {
  const std::string name = macro_of(statement);
  const auto verb = name.empty() ? std::nullopt : lock_verb_of(name);
  if (!verb || verb->step == LockStep::kTry) return std::nullopt;
  LockCall result{.step = verb->step, .mode = verb->mode, .guard = name};
  const CXCursor argument = macro_argument(statement, *verb, result.makes_lock);
  if (is_null(argument)) return std::nullopt;
  result.objects = {argument};
  return result;
}

std::optional<LockCall> lock_around_call(CXCursor call) {
  const std::string name = spelling_of(call);
  if (!name.starts_with("with")) return std::nullopt;
  const CXCursor object = synchronized_object(call);
  if (is_null(object)) return std::nullopt;
  return LockCall{.mode = mode_of_synchronized(name), .objects = {object}, .guard = name + "()"};
}

std::optional<LockCall> lock_call(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || !is_function(callee)) return std::nullopt;
  const std::string name = spelling_of(callee);
  return clang_getCursorKind(callee) == CXCursor_CXXMethod ? method_call(call, name)
                                                           : function_call(call, callee, name);
}

CXCursor guard_source(CXCursor value) {
  value = strip(value);
  while (clang_getCursorKind(value) == CXCursor_CallExpr &&
         clang_Cursor_getNumArguments(value) > 0) {
    const CXCursor first = strip(clang_Cursor_getArgument(value, 0));
    if (!is_lock_guard(type_of(first))) break;
    value = first;
  }
  return value;
}

GuardDeclaration guard_made_by(CXCursor value) {
  const CXCursor made = guard_source(value);
  GuardDeclaration guard{.guard = guard_name(type_of(made))};
  guard.mode = mode_of_guard(guard.guard);
  if (clang_getCursorKind(made) != CXCursor_CallExpr) return guard;
  for (int i = 0; i < clang_Cursor_getNumArguments(made); ++i)
    add_argument(guard, clang_Cursor_getArgument(made, static_cast<unsigned>(i)));
  return guard;
}

std::optional<GuardDeclaration> guard_declaration(CXCursor variable) {
  if (!is_lock_guard(type_of(variable))) return guard_by_name(variable);
  const std::vector<CXCursor> initial = initialiser_of(variable);
  if (!initial.empty()) return guard_made_by(initial.back());
  GuardDeclaration guard{.guard = guard_name(type_of(variable))};
  guard.mode = mode_of_guard(guard.guard);
  return guard;
}

}  // namespace quarrel
