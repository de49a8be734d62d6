// Which allocations and remarks does an expression leave behind?
#include "extract/allocations.h"
#include "extract/function_walk.h"
#include "extract/source_text.h"

namespace quarrel {
namespace {

bool is_pointer_to_record(CXType type) {
  const CXType target = clang_getPointeeType(canonical(type));
  return target.kind != CXType_Invalid && canonical(target).kind == CXType_Record;
}

/// The memory order that an operand is, or null.
CXCursor order_in(CXCursor operand) {
  operand = strip(operand);
  if (clang_getCursorKind(operand) != CXCursor_DeclRefExpr) return null_cursor();
  const CXCursor named = clang_getCursorReferenced(operand);
  const bool is_order =
      spelling_of(named).starts_with("memory_order_") || is_memory_order_type(type_of(operand));
  return is_order ? operand : null_cursor();
}

}  // namespace

/// The outermost cast to a record pointer tells what `malloc(n)` inside it is for.
void FunctionWalker::note_cast(CXCursor cast) {
  if (!is_pointer_to_record(type_of(cast))) return;
  const CXCursor inner = strip(cast);
  if (clang_getCursorKind(inner) != CXCursor_CallExpr) return;
  if (!is_null(cast_call_) && clang_equalCursors(cast_call_, inner) != 0) return;
  cast_call_ = inner;
  cast_type_ = type_of(cast);
}

void FunctionWalker::note_allocation(CXCursor expression) {
  const bool has_aligned_new = unit_.facts.units[0].has_aligned_new;
  const bool is_new = clang_getCursorKind(expression) == CXCursor_CXXNewExpr;
  const bool is_cast = !is_null(cast_call_) && clang_equalCursors(cast_call_, expression) != 0;
  auto found =
      is_new ? allocation_by_new(expression, has_aligned_new)
             : allocation_by_call(expression, is_cast ? cast_type_ : CXType{}, has_aligned_new);
  if (!found) return;
  records_.add_declaration(found->record);
  found->facts.record = unit_.symbol_of(found->record);
  found->facts.function = frame().function;
  found->facts.position = unit_.position(expression);
  unit_.facts.allocations.push_back(std::move(found->facts));
}

/// `count.fetch_add(std::memory_order_relaxed)` compiles where the order is an unscoped enum.
void FunctionWalker::note_order_as_operand(const AtomicOperation& operation, CXCursor at) {
  if (operation.is_clear || operation.is_test_and_set) return;  // these take nothing but an order
  if (is_null(operation.value) || is_null(order_in(operation.value))) return;
  const CXCursor object = operation.object;
  if (is_null(object)) return;
  // An atomic that holds memory orders is given one rightly.
  const CXType held = clang_Type_getTemplateArgumentAsType(pointee(type_of(strip(object))), 0);
  if (is_memory_order_type(held)) return;
  unit_.facts.remarks.push_back({.kind = RemarkKind::kOrderAsOperand,
                                 .object = lock_symbol(object),
                                 .function = frame().function,
                                 .position = unit_.position(at),
                                 .text = text_in_use(at)});
}

}  // namespace quarrel
