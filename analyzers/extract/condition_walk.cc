// Under which conditions, in which loops, and for whose use does an expression stand?
#include "extract/function_walk.h"
#include "extract/inline_assembly.h"

namespace quarrel {

/// Visits a statement, or an expression whose value nobody uses.
void FunctionWalker::visit_effect(CXCursor statement) {
  if (visit_below_directives(statement)) return;
  if (const auto lock = lock_macro(statement)) return visit_lock_call(*lock, statement);
  if (clang_isExpression(clang_getCursorKind(statement)) != 0) discarded_ = strip(statement);
  visit(statement);
}

bool FunctionWalker::is_discarded(CXCursor expression) const {
  return !is_null(discarded_) && clang_equalCursors(discarded_, expression) != 0;
}

/// What the condition reads, which is what guards the statements that depend on it.
ValueFlow::Sources FunctionWalker::visit_condition(CXCursor condition) {
  const size_t mark = flow_.mark();
  visit(condition);
  return flow_.since(mark);
}

void FunctionWalker::visit_guarded(CXCursor statement, const ValueFlow::Sources& guard) {
  const size_t guards = frame().guards.size();
  frame().guards.push_back(guard);
  flow_.enter_branch();
  visit_effect(statement);
  flow_.leave_branch();
  frame().guards.resize(guards);
}

/// A loop begins with its condition, or where it has none or tests last, with itself.
void FunctionWalker::open_loop(CXCursor statement, CXCursor begin, bool is_counted) {
  const CXSourceRange extent = clang_getCursorExtent(statement);
  frame().open_loops.push_back(unit_.facts.loops.size());
  frame().loop_depth++;
  unit_.facts.loops.push_back({.function = frame().function,
                               .begin = unit_.position(is_null(begin) ? statement : begin),
                               .end = unit_.files.position(clang_getRangeEnd(extent)),
                               .depth = frame().loop_depth,
                               .is_counted = is_counted});
}

void FunctionWalker::close_loop() {
  frame().open_loops.pop_back();
  frame().loop_depth--;
}

void FunctionWalker::note_pause() {
  summary_.pauses = true;
  for (size_t loop : frame().open_loops) unit_.facts.loops[loop].has_pause = true;
}

/// Objects of `({ ... })` are those of its statements; its value is that of the last one.
void FunctionWalker::visit_statement_expression(CXCursor expression) {
  const bool has_value = !is_discarded(expression);
  for (CXCursor child : children_of(expression)) {
    if (clang_getCursorKind(child) == CXCursor_CompoundStmt)
      visit_compound(child, has_value);
    else
      visit(child);
  }
}

void FunctionWalker::visit_assembly(CXCursor statement) {
  const InlineAssembly assembly = inline_assembly(statement);
  if (assembly.pauses) note_pause();
  const size_t mark = flow_.mark();
  for (const AssemblyOperand& operand : assembly.operands)
    if (!operand.is_memory && !operand.is_pointer && !operand.is_output) visit(operand.expression);
  const ValueFlow::Sources value = flow_.since(mark);
  for (const AssemblyOperand& operand : assembly.operands) {
    ObjectUse use{.access = operand.access, .is_result_used = true, .value = &value};
    if (operand.is_memory || operand.is_pointer) {
      use.form = AccessForm::kAssembly;
      use.order = assembly.order;
    }
    if (operand.is_pointer)
      visit_pointee(operand.expression, use);
    else if (operand.is_memory || operand.is_output)
      visit(operand.expression, use);
  }
}

/// Marks a site with the objects that decide whether it happens and what it stores.
void FunctionWalker::note_flow(PendingSite& pending, CXCursor object, const ObjectUse& use) {
  const bool is_local = !is_null(pending.local_object);
  if (use.access != SourceAccess::kWrite && use.access != SourceAccess::kAddress)
    flow_.note_read({pending.site.object, is_local ? object : null_cursor()});
  if (use.access == SourceAccess::kRead || use.access == SourceAccess::kAddress) return;
  if (use.value != nullptr) pending.value_from = *use.value;
  for (size_t i = frames_.size(); i-- > 0;) {
    for (const ValueFlow::Sources& guard : frames_[i].guards)
      pending.guarded_by.insert(pending.guarded_by.end(), guard.begin(), guard.end());
    if (!frames_[i].inherits_locks) break;
  }
}

}  // namespace quarrel
