// What does a call touch, lock, start and lead to?
#include <algorithm>
#include <array>
#include <string_view>

#include "extract/dependent_calls.h"
#include "extract/element_use.h"
#include "extract/function_walk.h"
#include "extract/names.h"
#include "extract/pointer_targets.h"
#include "extract/primitive_calls.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// Members of the standard library that are not const for the sake of their result only.
bool only_reads(CXCursor method) {
  static constexpr std::array<std::string_view, 16> kReaders = {
      "begin", "end", "rbegin", "rend", "data",        "front",       "back",      "at",
      "find",  "get", "value",  "top",  "lower_bound", "upper_bound", "operator*", "operator->"};
  if (clang_CXXMethod_isConst(method) != 0) return true;
  if (!is_in_system_header(method)) return false;
  const std::string name = spelling_of(method);
  return std::find(kReaders.begin(), kReaders.end(), name) != kReaders.end() ||
         name == "operator[]";
}

ObjectUse use_of_object(CXCursor method) {
  return {.access = only_reads(method) ? SourceAccess::kRead : SourceAccess::kReadModifyWrite};
}

/// a[i] of a std::array is an element of the object itself, not of memory elsewhere.
bool is_array_element(CXCursor call, CXCursor callee) {
  const std::string name = spelling_of(callee);
  if (name != "operator[]" && name != "at") return false;
  return type_name(type_of(clang_getCursorSemanticParent(callee))).starts_with("std::array<") &&
         clang_Cursor_getNumArguments(call) >= 1;
}

ObjectUse use_of_parameter(CXType function, int index) {
  if (index < 0 || index >= clang_getNumArgTypes(function)) return {};
  const CXType type = canonical(clang_getArgType(function, static_cast<unsigned>(index)));
  if (type.kind != CXType_LValueReference && type.kind != CXType_RValueReference) return {};
  if (clang_isConstQualifiedType(clang_getPointeeType(type)) != 0) return {};
  return {.access = SourceAccess::kAddress};
}

bool is_argument(CXCursor call, CXCursor child) {
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i)
    if (clang_equalCursors(child, clang_Cursor_getArgument(call, static_cast<unsigned>(i))) != 0)
      return true;
  return false;
}

bool exchanges_arguments(CXCursor callee) {
  const std::string name = spelling_of(callee);
  return is_in_system_header(callee) && (name == "swap" || name == "exchange");
}

/// Does the library run a lambda that it is given before the call returns? (algorithms, waits on a
/// condition variable; not the constructors of threads and std::function)
bool runs_lambda_at_once(CXCursor callee) {
  static constexpr std::array<std::string_view, 6> kKeepers = {
      "emplace_back", "emplace", "push_back", "push", "async", "insert"};
  if (clang_getCursorKind(callee) == CXCursor_Constructor) return false;
  if (!is_null(lambda_class_of(callee))) return true;
  const std::string name = spelling_of(callee);
  return is_in_system_header(callee) &&
         std::find(kKeepers.begin(), kKeepers.end(), name) == kKeepers.end();
}

/// test_and_set(), exchange(true)
bool sets_flag(const AtomicOperation& operation) {
  if (operation.is_test_and_set) return true;
  return operation.access == SourceAccess::kReadModifyWrite &&
         operation.name.find("exchange") != std::string::npos && !is_null(operation.value) &&
         evaluate(operation.value, 0) == 1;
}

/// store(false)
bool clears_flag(const AtomicOperation& operation) {
  return operation.access == SourceAccess::kWrite && !is_null(operation.value) &&
         evaluate(operation.value, -1) == 0;
}

/// Of an integer or of a type that waits for an argument.
LockClass lock_class_by(const LockCall& lock) {
  if (lock.mode == LockMode::kShared) return LockClass::kSharedMutex;
  const bool is_method = lock.guard.ends_with("()");
  return is_method || lock.guard.find("utex") != std::string::npos ? LockClass::kMutex
                                                                   : LockClass::kSpin;
}

}  // namespace

void FunctionWalker::visit_call(CXCursor call, const ObjectUse& use) {
  if (const auto atomic = atomic_call(call)) {
    if (is_pause_call(call)) note_pause();  // wait()
    return visit_atomic(*atomic, call);
  }
  if (const auto lock = primitive_lock(call)) return visit_lock_call(*lock, call);
  if (const auto lock = lock_call(call)) return visit_lock_call(*lock, call);
  if (const auto access = primitive_access(call); access && !shows_accesses(call))
    return visit_atomic(*access, call);
  if (is_pattern_)
    if (const auto atomic = dependent_atomic(call)) return visit_atomic(*atomic, call);
  if (is_pattern_)
    if (const auto lock = dependent_lock(call)) return visit_lock_call(*lock, call);
  const bool refers = !is_null(clang_getCursorReferenced(call)) &&
                      is_atomic_ref_type(type_of(call)) && use.is_silent;
  if (refers && clang_Cursor_getNumArguments(call) == 1)
    return visit(clang_Cursor_getArgument(call, 0), use);
  if (is_pause_call(call)) note_pause();
  note_thread_start(call);
  note_call(call);
  note_pointer_call(call);
  if (spelling_of(call) == "operator=" && clang_Cursor_getNumArguments(call) == 2)
    note_function_value(function_holder(clang_Cursor_getArgument(call, 0)),
                        clang_Cursor_getArgument(call, 1), call);
  note_allocation(call);
  const auto around = lock_around_call(call);
  if (around) visit_lock_call(*around, call);
  visit_arguments(call, use);
  apply_opaque_lock(call);
  if (around) frame().locks.release(lock_symbol(around->objects[0]), end_of(call));
}

/// The body of a function tells more than its name.
bool FunctionWalker::shows_accesses(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || !is_function(callee)) return false;
  const FunctionSummary* summary = summary_of(callee);
  return summary != nullptr && !summary->accesses.empty();
}

void FunctionWalker::visit_atomic(const AtomicOperation& operation, CXCursor at) {
  const ValueFlow::Sources value = visit_operands(operation);
  ObjectUse use{.access = operation.access,
                .form = operation.form,
                .order = operation.order,
                .is_result_used = operation.access != SourceAccess::kRead && !is_discarded(at),
                .value = &value};
  // What an atomic_ref refers to is accessed where the operation stands.
  const CXCursor outer = alias_use_;
  if (operation.form == AccessForm::kAtomicRef && is_null(outer)) alias_use_ = at;
  note_order_as_operand(operation, at);
  spin_on_flag(operation, at);
  if (!is_null(operation.object))
    operation.is_address ? visit_pointee(operation.object, use) : visit(operation.object, use);
  alias_use_ = outer;
}

/// Returns what flows into the stored value. A compare-exchange that fails leaves the value of the
/// object in what it compared with.
ValueFlow::Sources FunctionWalker::visit_operands(const AtomicOperation& operation) {
  ValueFlow::Sources sources;
  for (CXCursor operand : operation.operands) {
    const bool is_value = clang_equalCursors(operand, operation.value) != 0;
    const bool is_expected = clang_equalCursors(operand, operation.expected) != 0;
    const size_t mark = flow_.mark();
    visit(operand, {.access = is_expected ? SourceAccess::kAddress : SourceAccess::kRead});
    if (is_value) sources = flow_.since(mark);
  }
  if (is_null(operation.expected)) return sources;
  const CXCursor object = named_object(operation.object);
  const CXCursor expected = named_object(operation.expected);
  if (is_null(object) || is_null(expected) || !is_private_local(expected)) return sources;
  if (clang_getCursorKind(object) == CXCursor_FieldDecl)
    flow_.add(expected, {{unit_.symbol_of(object)}});
  else if (is_variable(object) && !is_private_local(object))
    flow_.add(expected, {{unit_.variable_symbol(object)}});
  else if (is_variable(object))
    flow_.add(expected, {{.local = object}});
  return sources;
}

/// A flag that is set in the condition of a loop is a lock, from there to its clear.
void FunctionWalker::spin_on_flag(const AtomicOperation& operation, CXCursor at) {
  const bool sets = is_in_loop_condition_ && sets_flag(operation);
  if (!sets && !operation.is_clear && !clears_flag(operation)) return;
  const SymbolId flag = lock_symbol(operation.object);
  if (!flag.is_valid()) return;
  if (sets) {
    unit_.found_locks[flag] = LockClass::kSpin;
    return frame().locks.acquire(make_region(flag, LockMode::kExclusive, operation.name + "()", at),
                                 null_cursor());
  }
  if (operation.is_clear || unit_.found_locks.contains(flag))
    frame().locks.release(flag, unit_.position(at));
}

SymbolId FunctionWalker::lock_symbol(CXCursor object) {
  const CXCursor named = is_null(object) ? object : named_object(object);
  if (is_null(named)) return {};
  auto alias = aliases_.find(named);
  if (alias != aliases_.end() && clang_equalCursors(alias->second.first, object) == 0) {
    const CXCursor target = named_object(alias->second.first);
    if (!is_null(target) && clang_equalCursors(target, named) == 0)
      return lock_symbol(alias->second.first);
  }
  if (is_variable(named)) return unit_.variable_symbol(named);
  return clang_getCursorKind(named) == CXCursor_FieldDecl ? unit_.symbol_of(named) : SymbolId{};
}

LockRegion FunctionWalker::make_region(SymbolId lock, LockMode mode, std::string guard,
                                       CXCursor at) {
  return {.lock = lock,
          .mode = mode,
          .function = frame().function,
          .begin = unit_.position(at),
          .loop_depth = frame().loop_depth,
          .guard = std::move(guard)};
}

void FunctionWalker::visit_lock_call(const LockCall& lock, CXCursor call) {
  const SourcePos at = unit_.position(call);
  for (CXCursor object : lock.objects) {
    const CXCursor base = strip(object);
    visit(base, {.is_silent = lock.makes_lock});
    if (lock.is_on_guard) {
      const CXCursor guard = named_object(base);
      if (is_null(guard)) continue;
      if (lock.step == LockStep::kRelease)
        frame().locks.release_guard(guard, at);
      else
        frame().locks.reacquire_guard(guard, at);
      continue;
    }
    const SymbolId symbol = lock_symbol(base);
    if (!symbol.is_valid()) continue;
    if (lock.makes_lock) unit_.found_locks.try_emplace(symbol, lock_class_by(lock));
    if (lock.step == LockStep::kRelease)
      frame().locks.release(symbol, at);
    else
      frame().locks.acquire(make_region(symbol, lock.mode, lock.guard, call), null_cursor());
  }
}

void FunctionWalker::visit_argument(CXCursor argument, const ObjectUse& use,
                                    bool runs_lambda_here) {
  const CXCursor bare = strip(argument);
  if (clang_getCursorKind(bare) != CXCursor_LambdaExpr) return visit(argument, use);
  visit_lambda(bare, runs_lambda_here);
  if (!runs_lambda_here) return;
  const SymbolId lambda = unit_.lambda_symbol(clang_getCursorLocation(bare));
  unit_.facts.calls.push_back({frame().function, lambda, unit_.position(bare), frame().loop_depth});
}

/// What the language says that a call does to an argument: `index` counts from the object.
ObjectUse FunctionWalker::use_of_argument(CXCursor call, CXCursor callee, int index,
                                          bool is_member_operator, const ObjectUse& use) const {
  if (is_null(callee)) return {};
  if (index == 0 && is_array_element(call, callee)) {
    ObjectUse element = use;
    element.is_element = true;
    const CXCursor place = indexed_element(call).index;
    const bool is_variable = !is_null(place) && evaluate(place, -1) < 0;
    element.is_indexed |= is_variable;
    if (is_variable && is_null(use.index)) element.index = place;
    return element;
  }
  if (exchanges_arguments(callee)) return {.access = SourceAccess::kReadModifyWrite};
  if (is_member_operator && index == 0) {
    const ObjectUse holder = use_of_holder(call, use);
    return holder.pointed.kind != CXType_Invalid ? holder : use_of_object(callee);
  }
  return use_of_parameter(type_of(callee), is_member_operator ? index - 1 : index);
}

/// First what the callee is not known to touch, so that it is known then what flows into the rest.
void FunctionWalker::visit_arguments(CXCursor call, const ObjectUse& use) {
  const CXCursor named = clang_getCursorReferenced(call);
  const CXCursor callee = !is_null(named) && is_function(named) ? named : null_cursor();
  const FunctionSummary* summary = is_null(callee) ? nullptr : summary_of(callee);
  const bool runs_lambda =
      (!is_null(callee) && runs_lambda_at_once(callee)) || lock_around_call(call);
  const int count = clang_Cursor_getNumArguments(call);
  // The object of an operator that is a member is its first argument.
  const bool is_member_operator = !is_null(callee) &&
                                  clang_getCursorKind(callee) == CXCursor_CXXMethod &&
                                  count == clang_Cursor_getNumArguments(callee) + 1;
  const size_t mark = flow_.mark();
  for (int i = 0; i < count; ++i) {
    const int parameter = is_member_operator ? i - 1 : i;
    if (summary != nullptr && summary->touches(parameter)) continue;
    const CXCursor argument = clang_Cursor_getArgument(call, static_cast<unsigned>(i));
    visit_argument(argument, use_of_argument(call, callee, i, is_member_operator, use),
                   runs_lambda);
  }
  const ValueFlow::Sources value = flow_.since(mark);
  const ObjectUse call_use{.is_result_used = !is_discarded(call), .value = &value};
  for (int i = 0; i < count; ++i)
    visit_by_summary(summary, callee, is_member_operator ? i - 1 : i,
                     clang_Cursor_getArgument(call, static_cast<unsigned>(i)), call_use);
  for (CXCursor child : expressions_in(call))
    if (!is_argument(call, child)) visit_callee(call, child, summary, call_use, use);
  if (summary == nullptr) return;
  if (summary->pauses) note_pause();
  apply_thread_starts(*summary, call);
  apply_function_arguments(*summary, callee, call);
  apply_lock_effects(*summary, call);
}

/// The part of a call that names what is called: its object is touched, the name is not.
void FunctionWalker::visit_callee(CXCursor call, CXCursor callee_expression,
                                  const FunctionSummary* summary, const ObjectUse& call_use,
                                  const ObjectUse& use) {
  const CXCursor bare = strip(callee_expression);
  const CXCursor named = clang_getCursorReferenced(bare);
  if (is_null(named) || !is_function(named)) return visit(callee_expression);
  if (clang_getCursorKind(bare) != CXCursor_MemberRefExpr) return;
  const CXCursor base = base_of_member(bare);
  if (visit_own_method(summary, base)) return;
  if (is_atomic_bookkeeping(call)) return visit(base, {.is_silent = true});
  if (is_arrow(base)) return visit(base);
  const ObjectUse holder = use_of_holder(call, use);
  if (holder.pointed.kind != CXType_Invalid) return visit(base, holder);
  if (!visit_by_summary(summary, named, kThisParameter, base, call_use))
    visit(base, use_of_object(named));
}

void FunctionWalker::note_call(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || !is_function(callee)) return;
  const bool is_system = is_in_system_header(callee);
  const bool is_in_region = std::any_of(frames_.begin(), frames_.end(), [](const Frame& each) {
    return !each.locks.state().empty();
  });
  if (is_system && !is_in_region) return;
  const SymbolId symbol = unit_.function_symbol(callee);
  for (size_t i = frames_.size(); i-- > 0;) {
    frames_[i].locks.note_call(symbol);
    if (!frames_[i].inherits_locks) break;
  }
  if (is_system) return;
  const bool is_virtual = clang_Cursor_isDynamicCall(call) != 0;
  unit_.facts.calls.push_back({.caller = frame().function,
                               .callee = symbol,
                               .position = unit_.position(call),
                               .loop_depth = frame().loop_depth,
                               .kind = is_virtual ? CallKind::kVirtual : CallKind::kDirect});
  if (is_instantiation(callee)) around_.on_definition(callee);
}

}  // namespace quarrel
