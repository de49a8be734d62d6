// What does a function do to what its caller hands it?
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "model/source_facts.h"

namespace quarrel {

/// The object of a method, among its parameters.
constexpr int kThisParameter = -1;

/// An access to what a pointer or reference parameter leads to, or to the only member of `this`.
struct ParameterAccess {
  int parameter = 0;
  SourceAccess access = SourceAccess::kRead;
  AccessForm form = AccessForm::kPlain;
  MemoryOrder order = MemoryOrder::kNone;

  bool operator==(const ParameterAccess&) const = default;
};

/// A lock that the function takes and keeps, or gives back without having taken it.
struct LockEffect {
  SymbolId lock;  ///< a field or a global; invalid: the lock is a parameter
  int parameter = kThisParameter;
  bool is_acquired = false;
  LockMode mode = LockMode::kExclusive;

  bool operator==(const LockEffect&) const = default;
};

/// A parameter that a thread runs.
struct ParameterThread {
  int parameter = 0;
  std::string mechanism;
  bool is_in_loop = false;

  bool operator==(const ParameterThread&) const = default;
};

/// A parameter that is put into a field or global that holds a function.
struct ParameterStore {
  int parameter = 0;
  SymbolId holder;
};

/// Of a small function whose body the unit shows. What a callee does through a parameter that is
/// passed on counts as done by the caller.
struct FunctionSummary {
  std::vector<ParameterAccess> accesses;
  std::vector<LockEffect> locks;
  std::vector<LockEffect> returned_locks;  ///< held by the guard that it returns
  std::vector<ParameterThread> threads;
  std::vector<int> calls;  ///< parameters that the function calls
  std::vector<ParameterStore> stores;
  bool pauses = false;

  bool touches(int parameter) const;
  void note(const ParameterAccess& access);  ///< once each, up to a bound
};

using FunctionSummaries = std::unordered_map<SymbolId, FunctionSummary>;

}  // namespace quarrel
