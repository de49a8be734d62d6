// What does a call in a template do, if its object's type waits for an argument?
#pragma once

#include <optional>
#include <string>

#include "extract/atomic_operation.h"
#include "extract/lock_calls.h"

namespace quarrel {

/// Operations of atomics by their names: libclang knows neither callee nor name of `x.load()` where
/// the type of x depends, but the source has them.
std::optional<AtomicOperation> dependent_atomic(CXCursor call);

/// m_.lock() and m_.unlock(), of an object that is named like a lock or is a local guard.
std::optional<LockCall> dependent_lock(CXCursor call);

/// `std::lock_guard<Mutex> guard(m_);`
std::optional<GuardDeclaration> dependent_guard(CXCursor variable);

/// True for std::atomic<T> and the like, by its spelling.
bool is_dependent_atomic(CXType type);

}  // namespace quarrel
