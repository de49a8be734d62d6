// What does an access to an element say about the pointer or container that leads to it?
#include "extract/element_use.h"

#include "extract/object_path.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

bool is_word(CXType type) {
  const CXTypeKind kind = canonical(type).kind;
  const bool is_scalar = (kind >= CXType_Bool && kind <= CXType_LongDouble) ||
                         kind == CXType_Pointer || kind == CXType_Enum || kind == CXType_Atomic;
  return is_scalar || is_atomic_type(type);
}

bool is_number(CXType type) {
  const CXTypeKind kind = canonical(type).kind;
  return (kind >= CXType_Bool && kind <= CXType_Int128) || kind == CXType_Enum;
}

}  // namespace

ObjectUse use_of_holder(const ObjectUse& element, CXType type) {
  const bool is_telling =
      element.access != SourceAccess::kRead || element.form != AccessForm::kPlain;
  if (!is_telling || !element.is_indexed || element.is_silent || !is_word(type)) return {};
  if (element.pointed.kind != CXType_Invalid) return {};  // p[i][j]: an element of an element
  ObjectUse use = element;
  use.is_element = false;
  use.pointed = type;
  return use;
}

ObjectUse use_of_holder(CXCursor call, const ObjectUse& use) {
  const CXCursor index = indexed_element(call).index;
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(index) || is_null(callee) || !is_number(type_of(index))) return {};
  const CXType result = canonical(clang_getCursorResultType(callee));
  if (result.kind != CXType_LValueReference) return {};
  ObjectUse element = use;
  const bool is_variable = evaluate(index, -1) < 0;
  element.is_indexed |= is_variable;
  if (is_variable && is_null(use.index)) element.index = index;
  return use_of_holder(element, clang_getPointeeType(result));
}

}  // namespace quarrel
