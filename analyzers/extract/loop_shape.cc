// Which part of a loop is its condition, which its step, and what gives way to other threads?
#include "extract/loop_shape.h"

#include <algorithm>
#include <string>

namespace quarrel {
namespace {

bool is_step_operator(CXCursor expression) {
  switch (clang_getCursorUnaryOperatorKind(expression)) {
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec:
      return true;
    default:
      return false;
  }
}

/// Done for its effect: `i++`, `p = p->next`, `i++, j--`. libclang does not tell the three
/// expressions in the head of a `for` apart when one of them is left out.
bool is_effect(CXCursor expression) {
  expression = strip(expression);
  switch (clang_getCursorKind(expression)) {
    case CXCursor_UnaryOperator:
      return is_step_operator(expression);
    case CXCursor_CompoundAssignOperator:
      return true;
    case CXCursor_BinaryOperator: {
      const CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression);
      return kind == CXBinaryOperator_Assign || kind == CXBinaryOperator_Comma;
    }
    case CXCursor_CallExpr: {
      const std::string name = spelling_of(expression);
      return name == "operator++" || name == "operator--" || name == "operator+=";
    }
    default:
      return false;
  }
}

LoopShape shape_of_for(std::vector<CXCursor> parts) {
  LoopShape shape{.body = parts.back()};
  parts.pop_back();
  const bool has_declaration = !parts.empty() && clang_getCursorKind(parts[0]) == CXCursor_DeclStmt;
  const bool starts_with_init =
      has_declaration || parts.size() == 3 || (parts.size() == 2 && is_effect(parts[0]));
  if (starts_with_init) {
    shape.init = parts[0];
    parts.erase(parts.begin());
  }
  if (parts.size() >= 2) {
    shape.condition = parts[0];
    shape.step = parts[1];
  } else if (parts.size() == 1) {
    (is_effect(parts[0]) ? shape.step : shape.condition) = parts[0];
  }
  shape.is_counted = !is_null(shape.step) && is_effect(shape.step);
  return shape;
}

/// `while (n--)`, `while (--n > 0)`, `while (!done && --n > 0)`
bool counts_down(CXCursor condition) {
  condition = strip(condition);
  if (clang_getCursorKind(condition) == CXCursor_BinaryOperator) {
    const std::vector<CXCursor> sides = expressions_in(condition);
    if (sides.size() == 2 && clang_getCursorBinaryOperatorKind(condition) == CXBinaryOperator_LAnd)
      return counts_down(sides[0]) || counts_down(sides[1]);
    if (sides.size() == 2) condition = strip(sides[0]);
  }
  return clang_getCursorKind(condition) == CXCursor_UnaryOperator && is_step_operator(condition);
}

}  // namespace

LoopShape shape_of_loop(CXCursor statement) {
  std::vector<CXCursor> parts = children_of(statement);
  if (parts.empty()) return {};
  const CXCursorKind kind = clang_getCursorKind(statement);
  if (kind == CXCursor_ForStmt) return shape_of_for(std::move(parts));
  const bool is_do = kind == CXCursor_DoStmt;
  LoopShape shape{.body = is_do ? parts.front() : parts.back()};
  if (parts.size() < 2) return shape;
  shape.condition = is_do ? parts.back() : parts[parts.size() - 2];
  if (parts.size() > 2 && !is_do) shape.init = parts.front();  // while (T x = f())
  shape.is_counted = counts_down(shape.condition);
  return shape;
}

bool is_never(CXCursor condition) {
  condition = strip(condition);
  const CXCursorKind kind = clang_getCursorKind(condition);
  if (kind != CXCursor_IntegerLiteral && kind != CXCursor_CXXBoolLiteralExpr) return false;
  const CXEvalResult value = clang_Cursor_Evaluate(condition);
  const bool is_zero = value != nullptr && clang_EvalResult_getKind(value) == CXEval_Int &&
                       clang_EvalResult_getAsLongLong(value) == 0;
  if (value != nullptr) clang_EvalResult_dispose(value);
  return is_zero;
}

bool is_pause_name(std::string_view name) {
  static constexpr std::string_view kParts[] = {"pause", "yield",   "relax", "sleep",
                                                "wait",  "backoff", "futex", "park"};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), ::tolower);
  return std::any_of(std::begin(kParts), std::end(kParts),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

bool is_pause_call(CXCursor call) {
  if (is_pause_name(spelling_of(call))) return true;
  const CXCursor callee = clang_getCursorReferenced(call);
  const CXCursor parent = is_null(callee) ? callee : clang_getCursorSemanticParent(callee);
  return !is_null(parent) && is_record(parent) && is_pause_name(spelling_of(parent));
}

}  // namespace quarrel
