// Which function is behind an expression that is called, or handed to a thread?
#include "extract/callables.h"

#include <string>

#include "extract/names.h"
#include "extract/object_path.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

constexpr int kMaxDepth = 5;

/// operator() of a functor's class.
CXCursor call_operator(CXType type) {
  const CXCursor record = clang_getCursorDefinition(clang_getTypeDeclaration(pointee(type)));
  if (is_null(record) || !is_record(record)) return null_cursor();
  for (CXCursor member : children_of(record))
    if (spelling_of(member) == "operator()") return member;
  return null_cursor();
}

CXCursor initial_lambda(CXCursor variable) {
  const std::vector<CXCursor> initial = initialiser_of(variable);
  if (initial.empty()) return null_cursor();
  const CXCursor value = strip(initial.back());
  return clang_getCursorKind(value) == CXCursor_LambdaExpr ? value : null_cursor();
}

CXCursor find_callable(CXCursor expression, int depth) {
  expression = strip(expression);
  const CXCursorKind kind = clang_getCursorKind(expression);
  if (kind == CXCursor_LambdaExpr) return expression;
  if (kind == CXCursor_UnaryOperator) {
    const std::vector<CXCursor> operand = expressions_in(expression);
    return operand.empty() || depth >= kMaxDepth ? null_cursor()
                                                 : find_callable(operand[0], depth + 1);
  }
  if (kind == CXCursor_CallExpr && clang_Cursor_getNumArguments(expression) >= 1 &&
      depth < kMaxDepth)
    return find_callable(clang_Cursor_getArgument(expression, 0), depth + 1);
  // A lambda without captures that is converted to a pointer.
  const bool is_conversion = kind == CXCursor_CallExpr &&
                             clang_Cursor_getNumArguments(expression) == 0 &&
                             spelling_of(expression).starts_with("operator ");
  if (is_conversion && depth < kMaxDepth) {
    const std::vector<CXCursor> parts = expressions_in(expression);
    const CXCursor base = parts.empty() ? null_cursor() : base_of_member(parts[0]);
    return is_null(base) ? null_cursor() : find_callable(base, depth + 1);
  }
  if (kind != CXCursor_DeclRefExpr && kind != CXCursor_MemberRefExpr)
    return call_operator(type_of(expression));
  const CXCursor named = clang_getCursorReferenced(expression);
  if (is_function(named)) return named;
  if (!is_variable(named)) return null_cursor();
  const CXCursor lambda = initial_lambda(named);
  return is_null(lambda) ? call_operator(type_of(named)) : lambda;
}

bool is_function_type(CXType type) {
  const CXTypeKind kind = canonical(type).kind;
  return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

}  // namespace

CXCursor callable_of(CXCursor expression) {
  return find_callable(expression, 0);
}

CXCursor function_pointer(CXCursor expression) {
  expression = strip(expression);
  if (clang_getCursorKind(expression) == CXCursor_UnaryOperator) {
    const std::vector<CXCursor> operand = expressions_in(expression);
    expression = operand.empty() ? expression : strip(operand[0]);
  }
  const CXCursorKind kind = clang_getCursorKind(expression);
  if (kind != CXCursor_DeclRefExpr && kind != CXCursor_MemberRefExpr) return null_cursor();
  const CXCursor named = clang_getCursorReferenced(expression);
  const bool is_object = is_variable(named) || clang_getCursorKind(named) == CXCursor_FieldDecl;
  return is_object && is_function_type(clang_getPointeeType(canonical(type_of(named))))
             ? named
             : null_cursor();
}

bool is_callable_type(CXType type) {
  const CXType target = clang_getPointeeType(canonical(type));
  if (is_function_type(type) || is_function_type(target)) return true;
  const std::string name = type_name(pointee(type));
  return name.find("(lambda") != std::string::npos || name.starts_with("std::function<") ||
         name.starts_with("std::_Bind<");
}

}  // namespace quarrel
