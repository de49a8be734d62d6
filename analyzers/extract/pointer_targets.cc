// Which functions may a call through a pointer run?
#include "extract/pointer_targets.h"

#include "extract/callables.h"
#include "extract/names.h"
#include "extract/object_path.h"

namespace quarrel {
namespace {

bool is_std_function(CXType type) {
  return type_name(unqualified(canonical(type))).starts_with("std::function<");
}

bool is_pointer_to_function(CXType type) {
  const CXTypeKind kind = canonical(clang_getPointeeType(canonical(type))).kind;
  return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

std::vector<CXCursor> fields_of(CXType record) {
  std::vector<CXCursor> fields;
  clang_Type_visitFields(
      canonical(record),
      [](CXCursor field, CXClientData data) {
        static_cast<std::vector<CXCursor>*>(data)->push_back(field);
        return CXVisit_Continue;
      },
      &fields);
  return fields;
}

/// `.run = f`: the field that is named, or null.
CXCursor designated_field(CXCursor initialiser) {
  CXCursor field = null_cursor();
  for (CXCursor child : children_of(initialiser))
    if (clang_getCursorKind(child) == CXCursor_MemberRef) field = clang_getCursorReferenced(child);
  return field;
}

void enter_member(UnitFacts& unit, CXCursor field, CXCursor value) {
  if (clang_getCursorKind(strip(value)) == CXCursor_InitListExpr)
    return enter_initial_targets(unit, value);
  if (!is_null(field) && is_pointer_to_function(type_of(field)))
    enter_pointer_target(unit, field, value, value);
}

void enter_record(UnitFacts& unit, CXCursor list) {
  const std::vector<CXCursor> fields = fields_of(type_of(list));
  size_t place = 0;
  for (CXCursor each : expressions_in(list)) {
    const CXCursor designated = designated_field(each);
    if (is_null(designated)) {
      enter_member(unit, place < fields.size() ? fields[place] : null_cursor(), each);
      ++place;
      continue;
    }
    const std::vector<CXCursor> value = expressions_in(each);
    if (!value.empty()) enter_member(unit, designated, value.back());
  }
}

}  // namespace

void enter_pointer_target(UnitFacts& unit, CXCursor holder, CXCursor value, CXCursor at) {
  const CXCursor callable = callable_of(value);
  if (is_null(callable)) return;
  const bool is_lambda = clang_getCursorKind(callable) == CXCursor_LambdaExpr;
  const SymbolId target = is_lambda ? unit.lambda_symbol(clang_getCursorLocation(callable))
                                    : unit.function_symbol(callable);
  unit.facts.calls.push_back({.caller = unit.symbol_of(holder),
                              .callee = target,
                              .position = unit.position(at),
                              .kind = CallKind::kPointer});
}

void enter_initial_targets(UnitFacts& unit, CXCursor initialiser) {
  const CXCursor list = strip(initialiser);
  if (clang_getCursorKind(list) != CXCursor_InitListExpr) return;
  const CXType type = canonical(type_of(list));
  if (type.kind == CXType_Record) return enter_record(unit, list);
  const CXType element = canonical(clang_getArrayElementType(type));
  if (element.kind != CXType_Record && clang_getArrayElementType(element).kind == CXType_Invalid)
    return;
  for (CXCursor each : expressions_in(list)) {
    // `[3] = {...}` shows its index too.
    const std::vector<CXCursor> parts = expressions_in(each);
    const bool is_list = clang_getCursorKind(strip(each)) == CXCursor_InitListExpr;
    enter_initial_targets(unit, is_list || parts.empty() ? each : parts.back());
  }
}

CXCursor function_holder(CXCursor expression) {
  const CXCursor pointer = function_pointer(expression);
  if (!is_null(pointer)) return pointer;
  const CXCursor named = named_object(expression);
  return !is_null(named) && is_std_function(type_of(named)) ? named : null_cursor();
}

}  // namespace quarrel
