// Through which operations of a class or a module is a function reached?
#include "checks/operations.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr size_t kMaxVisited = 256;  // more helpers than that tell nothing about an operation
constexpr int kMaxCallDepth = 6;     // deeper down it is another module's business

bool is_same_component(const SourceFunction& one, const SourceFunction& other) {
  // A lambda belongs to whoever calls it.
  if (one.kind == FunctionKind::kLambda) return true;
  if (one.record.is_valid() || other.record.is_valid()) return one.record == other.record;
  return one.position.file == other.position.file;
}

/// Callers that belong to the same class or module.
std::vector<SymbolId> inner_callers(const FactIndex& index, SymbolId symbol) {
  std::vector<SymbolId> callers;
  const SourceFunction* function = index.function(symbol);
  if (function == nullptr) return callers;
  for (const CallEdge* call : index.calls_to(symbol)) {
    const SourceFunction* caller = index.function(call->caller);
    if (caller == nullptr || caller == function || caller->is_main) continue;
    if (!index.starts_of(call->caller).empty()) continue;
    if (is_same_component(*function, *caller)) callers.push_back(call->caller);
  }
  return callers;
}

}  // namespace

std::vector<SymbolId> operations_of(const FactIndex& index, SymbolId function) {
  std::vector<SymbolId> outermost;
  std::set<SymbolId> visited{function};
  std::vector<SymbolId> pending{function};
  while (!pending.empty() && visited.size() < kMaxVisited) {
    const SymbolId current = pending.back();
    pending.pop_back();
    const auto callers = inner_callers(index, current);
    if (callers.empty()) outermost.push_back(current);
    for (SymbolId caller : callers)
      if (visited.insert(caller).second) pending.push_back(caller);
  }
  // A cycle without an entry of its own.
  if (outermost.empty()) outermost.push_back(function);
  std::sort(outermost.begin(), outermost.end());
  return outermost;
}

const std::vector<SymbolId>& Operations::of(SymbolId function) const {
  auto [place, is_new] = known_.try_emplace(function);
  if (is_new) place->second = operations_of(index_, function);
  return place->second;
}

std::set<SymbolId> reached_from(const FactIndex& index, SymbolId operation) {
  std::set<SymbolId> reached{operation};
  std::vector<SymbolId> level{operation};
  for (int depth = 0; depth < kMaxCallDepth && reached.size() < kMaxVisited; ++depth) {
    std::vector<SymbolId> next;
    for (SymbolId caller : level)
      for (const CallEdge* call : index.calls_from(caller))
        if (reached.insert(call->callee).second) next.push_back(call->callee);
    level = std::move(next);
  }
  return reached;
}

}  // namespace quarrel
