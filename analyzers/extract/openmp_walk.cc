// What do the OpenMP directives ahead of a statement make of it?
#include <algorithm>

#include "extract/function_walk.h"

namespace quarrel {
namespace {

/// The variable that `for (i = 0; ...)` counts with, which is private to each thread.
std::string counter_of(CXCursor loop) {
  if (clang_getCursorKind(loop) != CXCursor_ForStmt) return {};
  const LoopShape shape = shape_of_loop(loop);
  const CXCursor init = is_null(shape.init) ? shape.init : strip(shape.init);
  if (is_null(init) || clang_getCursorKind(init) != CXCursor_BinaryOperator) return {};
  const std::vector<CXCursor> sides = expressions_in(init);
  return sides.empty() ? std::string() : spelling_of(strip(sides[0]));
}

}  // namespace

/// Directives between the start of a function and its end wait for their statements.
void FunctionWalker::collect_directives(CXCursor function) {
  const SourcePos begin = unit_.position(function);
  for (const OpenMpDirective& each : unit_.openmp_directives(function))
    if (each.first_line > begin.line && each.first_line <= end_of(function).line)
      directives_.push_back(each);
}

/// True if the statement has been visited, as one that directives say more about.
bool FunctionWalker::visit_below_directives(CXCursor statement) {
  if (directives_.empty()) return false;
  const uint32_t line = unit_.position(statement).line;
  std::vector<OpenMpDirective> above;
  while (!directives_.empty() && directives_.front().last_line < line) {
    above.push_back(directives_.front());
    directives_.pop_front();
  }
  for (const OpenMpDirective& each : above) {
    if (each.starts_threads) return visit_in_threads(each, statement), true;
    if (each.is_critical) return visit_critical(each, statement), true;
    if (!each.is_atomic) continue;
    is_atomic_statement_ = true;
    visit_effect(statement);
    is_atomic_statement_ = false;
    return true;
  }
  return false;
}

void FunctionWalker::visit_in_threads(const OpenMpDirective& directive, CXCursor statement) {
  const SymbolId region = unit_.region_function(statement, frame().name, directive.name);
  sites_.declare_lambda(region, frame().function);
  sites_.add_thread_entry(region);
  unit_.facts.thread_entries.push_back({.entry = region,
                                        .starter = frame().function,
                                        .position = unit_.position(statement),
                                        .mechanism = directive.name,
                                        .is_in_loop = true});
  Frame inner;
  inner.function = region;
  inner.name = frame().name + "::(" + directive.name + ")";
  inner.kind = FunctionKind::kLambda;
  inner.private_names = directive.private_names;
  inner.private_names.push_back(counter_of(statement));
  frames_.push_back(std::move(inner));
  visit_effect(statement);
  finish_frame(end_of(statement));
}

void FunctionWalker::visit_critical(const OpenMpDirective& directive, CXCursor statement) {
  const SymbolId lock = unit_.named_symbol("omp critical " + directive.name);
  frame().locks.acquire(make_region(lock, LockMode::kExclusive, "omp critical", statement),
                        null_cursor());
  visit_effect(statement);
  frame().locks.release(lock, end_of(statement));
}

bool FunctionWalker::is_private_to_thread(CXCursor variable) const {
  const std::string name = spelling_of(variable);
  return std::any_of(frames_.begin(), frames_.end(), [&](const Frame& each) {
    return std::find(each.private_names.begin(), each.private_names.end(), name) !=
           each.private_names.end();
  });
}

}  // namespace quarrel
