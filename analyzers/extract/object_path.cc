// Which object does an expression denote, and by what way was it reached?
#include "extract/object_path.h"

namespace quarrel {
namespace {

bool is_pointer(CXType type) {
  return canonical(type).kind == CXType_Pointer;
}

std::string index_text(CXCursor index) {
  const long long value = evaluate(index, -1);
  if (value >= 0) return std::to_string(value);
  const CXCursor bare = strip(index);
  const CXCursorKind kind = clang_getCursorKind(bare);
  if (kind == CXCursor_DeclRefExpr || kind == CXCursor_MemberRefExpr) return spelling_of(bare);
  return "...";
}

void add_index(ObjectPath& path, CXCursor index) {
  path.is_indexed |= evaluate(index, -1) < 0;
  path.text += "[" + index_text(index) + "]";
}

ObjectPath path_of_subscript(CXCursor subscript) {
  const std::vector<CXCursor> parts = expressions_in(subscript);
  if (parts.size() != 2) return {.text = "?"};
  ObjectPath path = path_of(parts[0]);
  path.is_through_pointer |= is_pointer(type_of(strip(parts[0])));
  add_index(path, parts[1]);
  return path;
}

ObjectPath path_of_member(CXCursor member) {
  const CXCursor base = base_of_member(member);
  const std::string name = spelling_of(member);
  if (is_null(base)) return {.root = PathRoot::kThis, .text = name};
  ObjectPath path = path_of(base);
  // this->x_ is written x_ as often as not; the two are one and the same object.
  const bool is_on_this = path.root == PathRoot::kThis && path.text == "this";
  const bool is_pointed = is_arrow(base) && !is_on_this;
  path.is_through_pointer |= is_pointed;
  path.text = is_on_this ? name : path.text + (is_pointed ? "->" : ".") + name;
  return path;
}

ObjectPath path_of_variable(CXCursor reference) {
  const CXCursor variable = clang_getCursorReferenced(reference);
  ObjectPath path{.text = spelling_of(reference)};
  if (!is_variable(variable)) return path;
  path.root = PathRoot::kVariable;
  path.variable = variable;
  const CXTypeKind kind = canonical(type_of(variable)).kind;
  path.is_through_pointer = kind == CXType_LValueReference || kind == CXType_RValueReference;
  return path;
}

/// operator[] and operator* of containers and smart pointers; any other call hides its object.
ObjectPath path_of_call(CXCursor call) {
  const std::string name = spelling_of(call);
  if (clang_Cursor_getNumArguments(call) >= 1 && name.starts_with("operator")) {
    ObjectPath path = path_of(clang_Cursor_getArgument(call, 0));
    path.is_through_pointer = true;
    if (name == "operator[]" && clang_Cursor_getNumArguments(call) == 2)
      add_index(path, clang_Cursor_getArgument(call, 1));
    return path;
  }
  return {.is_through_pointer = true, .text = name + "()"};
}

ObjectPath path_of_unary(CXCursor unary) {
  const std::vector<CXCursor> operand = expressions_in(unary);
  if (operand.size() != 1) return {.text = "?"};
  ObjectPath path = path_of(operand[0]);
  if (clang_getCursorUnaryOperatorKind(unary) == CXUnaryOperator_Deref) {
    path.is_through_pointer = path.text != "this";
    path.text = path.text == "this" ? path.text : "*" + path.text;
  }
  return path;
}

}  // namespace

CXCursor base_of_member(CXCursor member) {
  const std::vector<CXCursor> inner = expressions_in(member);
  return inner.empty() ? null_cursor() : inner[0];
}

bool is_arrow(CXCursor base) {
  if (is_pointer(type_of(base))) return true;
  return spelling_of(strip(base)) == "operator->";
}

ObjectPath path_of(CXCursor expression) {
  if (is_null(expression)) return {.text = "?"};
  expression = strip(expression);
  switch (clang_getCursorKind(expression)) {
    case CXCursor_CXXThisExpr:
      return {.root = PathRoot::kThis, .text = "this"};
    case CXCursor_DeclRefExpr:
      return path_of_variable(expression);
    case CXCursor_MemberRefExpr:
      return path_of_member(expression);
    case CXCursor_ArraySubscriptExpr:
      return path_of_subscript(expression);
    case CXCursor_CallExpr:
      return path_of_call(expression);
    case CXCursor_UnaryOperator:
      return path_of_unary(expression);
    default:
      return {.text = "?"};
  }
}

CXCursor named_object(CXCursor expression) {
  expression = strip(expression);
  switch (clang_getCursorKind(expression)) {
    case CXCursor_DeclRefExpr:
    case CXCursor_MemberRefExpr:
      return clang_getCursorReferenced(expression);
    case CXCursor_UnaryOperator:
    case CXCursor_ArraySubscriptExpr: {
      const std::vector<CXCursor> inner = expressions_in(expression);
      return inner.empty() ? null_cursor() : named_object(inner[0]);
    }
    case CXCursor_CallExpr:
      if (clang_Cursor_getNumArguments(expression) >= 1 &&
          spelling_of(expression).starts_with("operator"))
        return named_object(clang_Cursor_getArgument(expression, 0));
      return null_cursor();
    default:
      return null_cursor();
  }
}

}  // namespace quarrel
