// Does a call start a thread, and which function does that thread run?
#include "extract/thread_starts.h"

#include <string_view>

#include "extract/names.h"
#include "extract/object_path.h"

namespace quarrel {
namespace {

struct StartShape {
  std::string mechanism;  ///< empty: no thread start
  unsigned callable = 0;  ///< index of the argument that is the function
};

std::string_view thread_type_in(std::string_view name) {
  if (name.find("std::jthread") != std::string_view::npos) return "std::jthread";
  if (name.find("std::thread") != std::string_view::npos) return "std::thread";
  return {};
}

StartShape emplace_shape(CXCursor call) {
  const std::vector<CXCursor> parts = expressions_in(call);
  if (parts.empty()) return {};
  const CXCursor base = base_of_member(parts[0]);
  if (is_null(base)) return {};
  const std::string container = type_name(pointee(type_of(strip(base))));
  return {.mechanism = std::string(thread_type_in(container))};
}

StartShape async_shape(CXCursor call) {
  const std::string first = type_name(type_of(strip(clang_Cursor_getArgument(call, 0))));
  return {.mechanism = "std::async", .callable = first == "std::launch" ? 1u : 0u};
}

StartShape shape_of(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || clang_Cursor_getNumArguments(call) < 1) return {};
  const std::string name = spelling_of(callee);
  if (clang_getCursorKind(callee) == CXCursor_Constructor) {
    if (name != "thread" && name != "jthread") return {};
    const std::string scope = qualified_name(clang_getCursorSemanticParent(callee));
    return {.mechanism = std::string(thread_type_in(scope))};
  }
  if (name == "emplace_back" || name == "emplace") return emplace_shape(call);
  if (name == "async" && qualified_name(callee) == "std::async") return async_shape(call);
  if (name == "pthread_create") return {.mechanism = name, .callable = 2};
  if (name == "thrd_create") return {.mechanism = name, .callable = 1};
  return {};
}

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

/// The function behind an expression: a name, &S::run, a lambda, std::bind or std::ref of one, a
/// variable that holds a lambda, a functor.
CXCursor callable_of(CXCursor expression, int depth = 0) {
  expression = strip(expression);
  const CXCursorKind kind = clang_getCursorKind(expression);
  if (kind == CXCursor_LambdaExpr) return expression;
  if (kind == CXCursor_UnaryOperator) {
    const std::vector<CXCursor> operand = expressions_in(expression);
    return operand.empty() || depth > 4 ? null_cursor() : callable_of(operand[0], depth + 1);
  }
  if (kind == CXCursor_CallExpr && clang_Cursor_getNumArguments(expression) >= 1 && depth <= 4)
    return callable_of(clang_Cursor_getArgument(expression, 0), depth + 1);
  if (kind != CXCursor_DeclRefExpr && kind != CXCursor_MemberRefExpr)
    return call_operator(type_of(expression));
  const CXCursor named = clang_getCursorReferenced(expression);
  if (is_function(named)) return named;
  if (!is_variable(named)) return null_cursor();
  const CXCursor lambda = initial_lambda(named);
  return is_null(lambda) ? call_operator(type_of(named)) : lambda;
}

}  // namespace

std::vector<CXCursor> arguments_for_thread(CXCursor call) {
  const StartShape shape = shape_of(call);
  std::vector<CXCursor> arguments;
  if (shape.mechanism.empty()) return arguments;
  const int count = clang_Cursor_getNumArguments(call);
  for (int i = static_cast<int>(shape.callable) + 1; i < count; ++i)
    arguments.push_back(clang_Cursor_getArgument(call, static_cast<unsigned>(i)));
  return arguments;
}

std::optional<ThreadStart> thread_start(CXCursor call) {
  const StartShape shape = shape_of(call);
  const int count = clang_Cursor_getNumArguments(call);
  if (shape.mechanism.empty() || shape.callable >= static_cast<unsigned>(count))
    return std::nullopt;
  const CXCursor argument = clang_Cursor_getArgument(call, shape.callable);
  // Moving a thread into place starts none.
  if (!thread_type_in(type_name(pointee(type_of(strip(argument))))).empty()) return std::nullopt;
  const CXCursor entry = callable_of(argument);
  if (is_null(entry)) return std::nullopt;
  return ThreadStart{entry, shape.mechanism};
}

}  // namespace quarrel
