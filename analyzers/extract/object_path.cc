// Which object does an expression denote, and by what way was it reached?
#include "extract/object_path.h"

#include "extract/source_text.h"

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
  const bool is_variable = evaluate(index, -1) < 0;
  path.is_indexed |= is_variable;
  if (is_variable) path.index = text_of_index(index);
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
    const CXCursor index = indexed_element(call).index;
    if (!is_null(index)) add_index(path, index);
    return path;
  }
  const IndexedElement element = indexed_element(call);
  if (!is_null(element.base)) {
    ObjectPath path = path_of(element.base);
    path.is_through_pointer = true;
    add_index(path, element.index);
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

IndexedElement element_of_call(CXCursor call) {
  const std::string name = spelling_of(call);
  const int count = clang_Cursor_getNumArguments(call);
  if (name == "operator[]" && count == 2)
    return {clang_Cursor_getArgument(call, 0), clang_Cursor_getArgument(call, 1)};
  const std::vector<CXCursor> parts = expressions_in(call);
  if (name != "at" || count != 1 || parts.empty()) return {};
  return {base_of_member(strip(parts[0])), clang_Cursor_getArgument(call, 0)};
}

/// `p + i`: the element that it points to, if p is a pointer or an array.
IndexedElement element_of_sum(CXCursor sum) {
  const std::vector<CXCursor> sides = expressions_in(sum);
  const bool is_sum = clang_getCursorBinaryOperatorKind(sum) == CXBinaryOperator_Add;
  if (!is_sum || sides.size() != 2 || !is_pointer(type_of(sum))) return {};
  return is_pointer(type_of(sides[0])) ? IndexedElement{sides[0], sides[1]}
                                       : IndexedElement{sides[1], sides[0]};
}

ObjectPath path_of_sum(CXCursor sum) {
  const IndexedElement element = indexed_element(sum);
  if (is_null(element.base)) return {.text = "?"};
  ObjectPath path = path_of(element.base);
  path.is_through_pointer = true;
  add_index(path, element.index);
  return path;
}

}  // namespace

bool is_private_local(CXCursor variable) {
  if (!is_variable(variable)) return false;
  const CX_StorageClass storage = clang_Cursor_getStorageClass(variable);
  return is_function_like(clang_getCursorSemanticParent(variable)) && storage != CX_SC_Static &&
         storage != CX_SC_Extern && clang_getCursorTLSKind(variable) == CXTLS_None;
}

CXCursor address_target(CXCursor expression) {
  const CXCursor bare = strip(expression);
  const bool is_address = clang_getCursorKind(bare) == CXCursor_UnaryOperator &&
                          clang_getCursorUnaryOperatorKind(bare) == CXUnaryOperator_AddrOf;
  const std::vector<CXCursor> operand = is_address ? expressions_in(bare) : std::vector<CXCursor>();
  return operand.empty() ? expression : operand[0];
}

std::string text_of_index(CXCursor index) {
  const std::string text = written_text(index);
  return text.empty() ? path_of(index).text : text;
}

IndexedElement indexed_element(CXCursor expression) {
  expression = strip(expression);
  switch (clang_getCursorKind(expression)) {
    case CXCursor_ArraySubscriptExpr: {
      const std::vector<CXCursor> parts = expressions_in(expression);
      return parts.size() == 2 ? IndexedElement{parts[0], parts[1]} : IndexedElement{};
    }
    case CXCursor_BinaryOperator:
      return element_of_sum(expression);
    case CXCursor_CallExpr:
      return element_of_call(expression);
    default:
      return {};
  }
}

CXCursor base_of_member(CXCursor member) {
  return first_expression_in(member);
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
    case CXCursor_BinaryOperator:
      return path_of_sum(expression);
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
