// In which loops, branches and scopes do the expressions of a function stand?
#include <algorithm>

#include "extract/callables.h"
#include "extract/dependent_calls.h"
#include "extract/function_walk.h"
#include "extract/names.h"
#include "extract/pointer_targets.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

bool is_declaration(CXCursor cursor) {
  return clang_isDeclaration(clang_getCursorKind(cursor)) != 0;
}

/// True if control never falls out of the end of `statement`.
bool ends_with_jump(CXCursor statement) {
  switch (clang_getCursorKind(statement)) {
    case CXCursor_ReturnStmt:
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
    case CXCursor_GotoStmt:
    case CXCursor_CXXThrowExpr:
      return true;
    case CXCursor_CompoundStmt: {
      const std::vector<CXCursor> children = children_of(statement);
      return !children.empty() && ends_with_jump(children.back());
    }
    default:
      return false;
  }
}

/// The try-lock call inside a condition, or null.
CXCursor try_call_in(CXCursor expression) {
  if (clang_getCursorKind(expression) == CXCursor_CallExpr) {
    const auto lock = lock_call(expression);
    if (lock && lock->step == LockStep::kTry) return expression;
  }
  for (CXCursor child : expressions_in(expression)) {
    const CXCursor found = try_call_in(child);
    if (!is_null(found)) return found;
  }
  return null_cursor();
}

bool is_negated(CXCursor condition) {
  const CXCursor bare = strip(condition);
  if (clang_getCursorKind(bare) == CXCursor_UnaryOperator)
    return clang_getCursorUnaryOperatorKind(bare) == CXUnaryOperator_LNot;
  return clang_getCursorKind(bare) == CXCursor_BinaryOperator &&
         clang_getCursorBinaryOperatorKind(bare) == CXBinaryOperator_EQ;
}

/// Does the then-branch run with the lock of the try call? pthread's return 0 for success.
bool is_held_in_then(CXCursor condition, CXCursor try_call) {
  const std::string name = spelling_of(try_call);
  const bool is_zero_success = name.starts_with("pthread_") || name.starts_with("mtx_");
  return is_zero_success == is_negated(condition);
}

}  // namespace

void FunctionWalker::walk(CXCursor function) {
  frames_.emplace_back();
  frame().function = unit_.function_symbol(function);
  frame().name = qualified_name(function);
  is_pattern_ = is_dependent(function);
  method_of_ = clang_getCursorSemanticParent(function);
  note_thread_class(function);
  const bool is_template = clang_getCursorKind(function) == CXCursor_FunctionTemplate;
  const CXCursorKind kind =
      is_template ? clang_getTemplateCursorKind(function) : clang_getCursorKind(function);
  if (kind == CXCursor_Constructor) frame().kind = FunctionKind::kConstructor;
  if (kind == CXCursor_Destructor) frame().kind = FunctionKind::kDestructor;

  const std::vector<CXCursor> children = children_of(function);
  declare_parameters(children, function);
  collect_directives(function);
  visit_members_initialised(children);
  for (CXCursor child : children)
    if (clang_isStatement(clang_getCursorKind(child))) visit(child);
  summarise_locks();
  around_.summaries[frame().function] = std::move(summary_);
  finish_frame(unit_.files.position(clang_getRangeEnd(clang_getCursorExtent(function))));
  sites_.finish();
}

void FunctionWalker::finish_frame(SourcePos end) {
  for (LockRegion& region : frame().locks.finish(end)) {
    for (auto* list : {&region.objects, &region.calls}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
    unit_.facts.lock_regions.push_back(std::move(region));
  }
  frames_.pop_back();
}

/// `: a_(0), b_(x)` shows as the names of members, each before its value.
void FunctionWalker::visit_members_initialised(const std::vector<CXCursor>& children) {
  if (frame().kind != FunctionKind::kConstructor) return;
  for (CXCursor child : children) {
    const CXCursorKind kind = clang_getCursorKind(child);
    if (kind == CXCursor_MemberRef)
      record_access(clang_getCursorReferenced(child), child, {.access = SourceAccess::kWrite});
    else if (clang_isExpression(kind))
      visit(child);
  }
}

void FunctionWalker::visit_children(CXCursor cursor) {
  for (CXCursor child : children_of(cursor)) visit(child);
}

/// `has_value`: of a statement expression, whose last expression is its value.
void FunctionWalker::visit_compound(CXCursor statement, bool has_value) {
  frame().locks.enter_scope();
  const size_t guards = frame().guards.size();
  const std::vector<CXCursor> children = children_of(statement);
  for (size_t i = 0; i < children.size(); ++i) {
    const bool is_value = has_value && i + 1 == children.size();
    is_value ? visit(children[i]) : visit_effect(children[i]);
  }
  frame().guards.resize(guards);
  const CXSourceRange extent = clang_getCursorExtent(statement);
  frame().locks.leave_scope(unit_.files.position(clang_getRangeEnd(extent)));
}

void FunctionWalker::visit_if(CXCursor statement) {
  std::vector<CXCursor> parts = children_of(statement);
  while (parts.size() > 2 &&
         (clang_getCursorKind(parts[0]) == CXCursor_DeclStmt || is_declaration(parts[0]))) {
    visit(parts[0]);
    parts.erase(parts.begin());
  }
  if (parts.empty()) return;
  const LockTracker::State before = frame().locks.state();
  const ValueFlow::Sources guard = visit_condition(parts[0]);
  const LockTracker::State after_condition = frame().locks.state();
  const CXCursor try_call = try_call_in(parts[0]);
  const bool then_holds = is_null(try_call) || is_held_in_then(parts[0], try_call);
  const bool else_holds = is_null(try_call) || !then_holds;

  frame().locks.set_state(then_holds ? after_condition : before);
  if (parts.size() > 1) visit_guarded(parts[1], guard);
  const LockTracker::State after_then = frame().locks.state();
  frame().locks.set_state(else_holds ? after_condition : before);
  if (parts.size() > 2) visit_guarded(parts[2], guard);

  // What follows `if (done) return;` runs under that condition too.
  if (parts.size() == 2 && ends_with_jump(parts[1])) frame().guards.push_back(guard);
  if (parts.size() > 2 && ends_with_jump(parts[2]))
    frame().locks.set_state(after_then);
  else if (parts.size() < 2 || !ends_with_jump(parts[1]))
    frame().locks.join_state(after_then, end_of(statement));
}

/// A switch, a try or a handler: what it does to the locks may or may not have happened after it.
void FunctionWalker::visit_branch(CXCursor statement) {
  const LockTracker::State before = frame().locks.state();
  const size_t mark = flow_.mark();
  for (CXCursor child : children_of(statement)) {
    const bool is_body = clang_isStatement(clang_getCursorKind(child)) != 0;
    is_body ? visit_guarded(child, flow_.since(mark)) : visit(child);
  }
  frame().locks.join_state(before, end_of(statement));
}

void FunctionWalker::visit_loop(CXCursor statement) {
  const LoopShape loop = shape_of_loop(statement);
  const bool is_do = clang_getCursorKind(statement) == CXCursor_DoStmt;
  if (is_do && is_never(loop.condition)) return visit(loop.body);
  if (!is_null(loop.init)) visit_effect(loop.init);
  open_loop(statement, is_do ? null_cursor() : loop.condition, loop.is_counted);
  ValueFlow::Sources guard;
  const auto visit_head = [&] {
    is_in_loop_condition_ = true;
    if (!is_null(loop.condition)) guard = visit_condition(loop.condition);
    is_in_loop_condition_ = false;
  };
  if (!is_do) visit_head();
  if (!is_null(loop.body)) visit_guarded(loop.body, guard);
  if (is_do) visit_head();
  if (!is_null(loop.step)) visit_effect(loop.step);
  close_loop();
}

void FunctionWalker::visit_range_for(CXCursor statement) {
  const std::vector<CXCursor> parts = children_of(statement);
  CXCursor variable = null_cursor(), range = null_cursor();
  for (CXCursor part : parts) {
    const bool is_body = clang_equalCursors(part, parts.back()) != 0;
    if (clang_getCursorKind(part) == CXCursor_VarDecl)
      variable = part;
    else if (!is_body && clang_isExpression(clang_getCursorKind(part)))
      range = part;
  }
  if (!is_null(range)) visit(range, {.access = SourceAccess::kAddress});
  if (!is_null(variable)) {
    sites_.declare_local(variable, frame().function);
    records_.add_type(type_of(variable));
    const bool is_reference = canonical(type_of(variable)).kind == CXType_LValueReference;
    if (is_reference && !is_null(range) && !is_null(named_object(range)))
      aliases_[variable] = {range, true};
  }
  open_loop(statement, range, true);
  if (!parts.empty()) visit_guarded(parts.back(), {});
  close_loop();
}

void FunctionWalker::visit_declaration(CXCursor declaration) {
  if (clang_getCursorKind(declaration) == CXCursor_VarDecl)
    visit_local_variable(declaration);
  else if (is_record(declaration))
    around_.on_definition(declaration);
}

void FunctionWalker::visit_local_variable(CXCursor variable) {
  records_.add_type(type_of(variable));
  if (clang_Cursor_getStorageClass(variable) == CX_SC_Static) unit_.variable_symbol(variable);
  sites_.declare_local(variable, frame().function);
  const std::vector<CXCursor> initial = initialiser_of(variable);
  auto guard = guard_declaration(variable);
  if (!guard && is_pattern_) guard = dependent_guard(variable);
  if (guard) {
    if (!guard->makes_lock)
      for (CXCursor value : initial) visit(value);
    return declare_guard(variable, *guard);
  }
  flow_.declare(variable, {});
  if (initial.empty()) return;
  const ObjectPath path = path_of(address_target(initial.back()));
  if (!path.index.empty()) element_index_[variable] = path.index;
  const bool is_reference = canonical(type_of(variable)).kind == CXType_LValueReference;
  if (is_reference && !is_null(named_object(initial.back()))) {
    aliases_[variable] = {initial.back(), false};
    return visit(initial.back(), {.is_silent = true});
  }
  if (is_atomic_ref_type(type_of(variable))) return visit(initial.back(), {.is_silent = true});
  note_fresh_pointer(variable, initial.back());
  note_pointer(variable, initial.back());
  if (!is_null(function_pointer(initial.back())) || !is_null(callable_of(initial.back())))
    note_function_value(variable, initial.back(), variable);
  enter_initial_targets(unit_, initial.back());
  const size_t mark = flow_.mark();
  for (CXCursor value : initial) visit(value);
  flow_.declare(variable, flow_.since(mark));
}

std::vector<LockRegion> FunctionWalker::regions_of(const GuardDeclaration& guard, CXCursor at) {
  std::vector<LockRegion> regions;
  for (CXCursor object : guard.objects) {
    const SymbolId lock = lock_symbol(object);
    if (lock.is_valid() && guard.makes_lock) unit_.found_locks.try_emplace(lock, LockClass::kMutex);
    if (lock.is_valid()) regions.push_back(make_region(lock, guard.mode, guard.guard, at));
  }
  return regions;
}

void FunctionWalker::declare_guard(CXCursor variable, const GuardDeclaration& guard) {
  std::vector<LockRegion> regions = regions_of(guard, variable);
  const std::vector<CXCursor> initial = initialiser_of(variable);
  if (guard.objects.empty() && !initial.empty()) regions = returned_by(initial.back(), variable);
  frame().locks.declare_guard(variable, std::move(regions), guard.is_held);
}

/// `return lock;`: the caller has what the guard holds.
void FunctionWalker::visit_return(CXCursor statement) {
  visit_children(statement);
  const std::vector<CXCursor> value = expressions_in(statement);
  if (frames_.size() != 1 || value.empty() || !is_lock_guard(type_of(value[0]))) return;
  const CXCursor source = guard_source(value[0]);
  const GuardDeclaration made = guard_made_by(source);
  std::vector<LockRegion> held = frame().locks.held_by(clang_getCursorReferenced(source));
  if (held.empty() && made.is_held) held = regions_of(made, statement);
  if (held.empty() && made.objects.empty()) held = returned_by(source, statement);
  for (const LockRegion& region : held) {
    const LockEffect effect = effect_of(region.lock, region.mode, true);
    auto& returned = summary_.returned_locks;
    if (std::find(returned.begin(), returned.end(), effect) == returned.end())
      returned.push_back(effect);
  }
}

/// True if `cursor` is a statement or declaration, which has then been walked.
bool FunctionWalker::visit_statement(CXCursor cursor) {
  const CXCursorKind kind = clang_getCursorKind(cursor);
  switch (kind) {
    case CXCursor_CompoundStmt:
      visit_compound(cursor);
      return true;
    case CXCursor_IfStmt:
      visit_if(cursor);
      return true;
    case CXCursor_ForStmt:
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt:
      visit_loop(cursor);
      return true;
    case CXCursor_CXXForRangeStmt:
      visit_range_for(cursor);
      return true;
    case CXCursor_SwitchStmt:
    case CXCursor_CXXTryStmt:
    case CXCursor_CXXCatchStmt:
      visit_branch(cursor);
      return true;
    case CXCursor_GCCAsmStmt:
      visit_assembly(cursor);
      return true;
    case CXCursor_ReturnStmt:
      visit_return(cursor);
      return true;
    default:
      break;
  }
  if (clang_isDeclaration(kind))
    visit_declaration(cursor);
  else if (clang_isStatement(kind))
    visit_children(cursor);
  return clang_isDeclaration(kind) || clang_isStatement(kind);
}

}  // namespace quarrel
