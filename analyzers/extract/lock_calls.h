// Does a call or a declaration take or give back a lock?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

enum class LockStep { kAcquire, kTry, kRelease };

/// mu.lock(), pthread_mutex_unlock(&mu), std::lock(a, b), guard.unlock().
struct LockCall {
  LockStep step = LockStep::kAcquire;
  LockMode mode = LockMode::kExclusive;
  std::vector<CXCursor> objects;  ///< expressions that denote the locks, or the guard
  bool is_on_guard = false;       ///< the object is a std::unique_lock or the like
  std::string guard;              ///< as LockRegion::guard
  bool makes_lock = false;        ///< the type of the object does not tell that it is a lock
};

std::optional<LockCall> lock_call(CXCursor call);

/// What a method of that name does to a lock, without its object.
std::optional<LockCall> lock_method(const std::string& name);

/// A statement that a macro brings, such as `SPIN_LOCK(label, &entry->lock);`, whatever it is made
/// of. The object is the first argument that can be a lock.
std::optional<LockCall> lock_macro(CXCursor statement);

/// A function or macro that works on the value inside a lock: folly::Synchronized<T>::withLock.
std::optional<LockCall> lock_around_call(CXCursor call);

/// `std::scoped_lock both(a, b);`
struct GuardDeclaration {
  std::vector<CXCursor> objects;
  LockMode mode = LockMode::kExclusive;
  bool is_held = true;  ///< false with std::defer_lock
  std::string guard;
  bool makes_lock = false;  ///< as in LockCall
};

std::optional<GuardDeclaration> guard_declaration(CXCursor variable);

/// What `value`, of a guard's type, holds if it is a call of the constructor; else no objects.
GuardDeclaration guard_made_by(CXCursor value);

/// Where a guard that is moved or copied comes from: a variable, or the call that makes it.
CXCursor guard_source(CXCursor value);

}  // namespace quarrel
