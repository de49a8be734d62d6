// Which calls of a function go through pointers, and which functions does it put into them?
#include "extract/callables.h"
#include "extract/function_walk.h"
#include "extract/pointer_targets.h"

namespace quarrel {
namespace {

/// `p->run(1)`, `(*run)(1)`, `callback_(1)`: the expression that is called.
CXCursor called_expression(CXCursor call) {
  if (spelling_of(call) == "operator()" && clang_Cursor_getNumArguments(call) >= 1)
    return clang_Cursor_getArgument(call, 0);
  const std::vector<CXCursor> parts = expressions_in(call);
  return parts.empty() ? null_cursor() : parts[0];
}

}  // namespace

void FunctionWalker::note_pointer_call(CXCursor call) {
  const CXCursor called = called_expression(call);
  const CXCursor holder = is_null(called) ? called : function_holder(called);
  if (is_null(holder)) return;
  if (const auto parameter = parameter_index(called)) summary_.calls.push_back(*parameter);
  if (!is_private_local(holder)) return add_pointer_call(unit_.symbol_of(holder), call);
  auto targets = function_targets_.find(holder);
  if (targets == function_targets_.end()) return;
  for (SymbolId target : targets->second) add_pointer_call(target, call);
}

void FunctionWalker::add_pointer_call(SymbolId callee, CXCursor call) {
  unit_.facts.calls.push_back({.caller = frame().function,
                               .callee = callee,
                               .position = unit_.position(call),
                               .loop_depth = frame().loop_depth,
                               .kind = CallKind::kPointer});
}

/// `target = value` where both are functions or hold one.
void FunctionWalker::note_function_value(CXCursor holder, CXCursor value, CXCursor at) {
  if (is_null(holder)) return;
  if (!is_private_local(holder)) {
    if (const auto parameter = parameter_index(value))
      summary_.stores.push_back({*parameter, unit_.symbol_of(holder)});
    return enter_pointer_target(unit_, holder, value, at);
  }
  const CXCursor callable = callable_of(value);
  const CXCursor other = function_holder(value);
  if (!is_null(callable) && is_function(callable))
    function_targets_[holder].push_back(unit_.function_symbol(callable));
  else if (is_null(callable) && !is_null(other) && !is_private_local(other))
    function_targets_[holder].push_back(unit_.symbol_of(other));
}

/// What a callee calls, it calls with the functions that it is given here; what it keeps, others
/// call.
void FunctionWalker::apply_function_arguments(const FunctionSummary& summary, CXCursor callee,
                                              CXCursor call) {
  const int count = clang_Cursor_getNumArguments(call);
  const auto enter = [&](int parameter, SymbolId holder) {
    if (parameter < 0 || parameter >= count) return;
    const CXCursor value = clang_Cursor_getArgument(call, static_cast<unsigned>(parameter));
    const CXCursor callable = callable_of(value);
    if (is_null(callable)) return;
    const bool is_lambda = clang_getCursorKind(callable) == CXCursor_LambdaExpr;
    const SymbolId target = is_lambda ? unit_.lambda_symbol(clang_getCursorLocation(callable))
                                      : unit_.function_symbol(callable);
    unit_.facts.calls.push_back({.caller = holder,
                                 .callee = target,
                                 .position = unit_.position(call),
                                 .loop_depth = frame().loop_depth,
                                 .kind = CallKind::kPointer});
  };
  const FunctionSummary copy = summary;
  for (int parameter : copy.calls) enter(parameter, unit_.function_symbol(callee));
  for (const ParameterStore& each : copy.stores) enter(each.parameter, each.holder);
}

}  // namespace quarrel
