// Which fields and variables does an expression touch, and how?
#include "extract/dependent_calls.h"
#include "extract/element_use.h"
#include "extract/function_walk.h"
#include "extract/pointer_targets.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// What an access to a member does to the object that contains it: the same, but plainly, so that
/// an atomic member does not make its container look atomic.
ObjectUse use_of_container(const ObjectUse& use) {
  return {.access = use.access,
          .is_silent = use.is_silent,
          .is_element = use.is_element,
          .is_indexed = use.is_indexed,
          .index = use.index};
}

/// A constant lies in read-only memory or in a register; nobody contends for it.
bool is_constant(CXCursor variable) {
  return is_variable(variable) && clang_isConstQualifiedType(canonical(type_of(variable))) != 0 &&
         clang_isVolatileQualifiedType(canonical(type_of(variable))) == 0;
}

/// Language rules that the use alone does not show: C11 atomics, volatile, decayed arrays.
void adjust_use(ObjectUse& use, CXType type) {
  const TypeFacts described = facts_of_type(type);
  const bool is_whole_array =
      described.array_length > 0 && use.access == SourceAccess::kRead && !use.is_element;
  if (is_whole_array) use.access = SourceAccess::kAddress;
  if (use.form != AccessForm::kPlain) return;
  if (canonical(type).kind == CXType_Atomic) {
    use.form = AccessForm::kC11Atomic;
    use.order = MemoryOrder::kSeqCst;
  } else if (described.is_volatile) {
    use.form = AccessForm::kVolatile;
  }
}

/// The variable that a lambda captures by copy, given an initialiser of a capture: libclang shows
/// those of copies only.
CXCursor copied_variable(CXCursor capture) {
  capture = strip(capture);
  if (clang_getCursorKind(capture) == CXCursor_CallExpr &&
      clang_Cursor_getNumArguments(capture) == 1)
    capture = strip(clang_Cursor_getArgument(capture, 0));
  if (clang_getCursorKind(capture) != CXCursor_DeclRefExpr) return null_cursor();
  return clang_getCursorReferenced(capture);
}

bool makes_new_object(CXCursor value) {
  value = strip(value);
  const CXCursorKind kind = clang_getCursorKind(value);
  if (kind == CXCursor_CXXNewExpr) return true;
  if (kind != CXCursor_CallExpr) return false;
  const std::string name = spelling_of(value);
  return name.find("alloc") != std::string::npos || name == "make_unique" || name == "make_shared";
}

/// Without an argument there is no conversion or operator to tell that an access is atomic.
void adjust_in_pattern(ObjectUse& use, CXType type) {
  if (use.form != AccessForm::kPlain || use.access == SourceAccess::kAddress) return;
  if (!is_dependent_atomic(type)) return;
  use.form = AccessForm::kStdAtomic;
  use.order = MemoryOrder::kSeqCst;
}

/// What is done through a reference is not done to the reference.
bool is_reference(CXCursor object) {
  const CXTypeKind kind = canonical(type_of(object)).kind;
  return kind == CXType_LValueReference || kind == CXType_RValueReference;
}

/// Nobody else uses what is being moved from: `T&& other`.
bool is_expiring(CXCursor variable) {
  return canonical(type_of(variable)).kind == CXType_RValueReference;
}

bool is_write(SourceAccess access) {
  return access != SourceAccess::kRead && access != SourceAccess::kAddress;
}

bool reads_and_writes(SourceAccess access) {
  return access == SourceAccess::kReadModifyWrite || access == SourceAccess::kCompareExchange;
}

}  // namespace

void FunctionWalker::visit(CXCursor cursor, const ObjectUse& use) {
  if (visit_statement(cursor)) return;
  switch (clang_getCursorKind(cursor)) {
    case CXCursor_MemberRefExpr:
      return visit_member(cursor, use);
    case CXCursor_DeclRefExpr:
      return visit_reference(cursor, use);
    case CXCursor_ArraySubscriptExpr:
      return visit_subscript(cursor, use);
    case CXCursor_UnaryOperator:
      return visit_unary(cursor, use);
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
      return visit_binary(cursor, use);
    case CXCursor_ConditionalOperator:
      return visit_conditional(cursor, use);
    case CXCursor_CallExpr:
      return visit_call(cursor, use);
    case CXCursor_LambdaExpr:
      return visit_lambda(cursor, false);
    case CXCursor_GenericSelectionExpr:
      return visit_generic(cursor, use);
    case CXCursor_StmtExpr:
      return visit_statement_expression(cursor);
    case CXCursor_UnexposedExpr:
    case CXCursor_ParenExpr:
    case CXCursor_CStyleCastExpr:
    case CXCursor_CXXStaticCastExpr:
    case CXCursor_CXXReinterpretCastExpr:
    case CXCursor_CXXConstCastExpr:
    case CXCursor_CXXDynamicCastExpr:
    case CXCursor_CXXFunctionalCastExpr:
      return visit_unexposed(cursor, use);
    case CXCursor_UnaryExpr:  // sizeof, alignof: not evaluated
    case CXCursor_CXXTypeidExpr:
    case CXCursor_ConceptSpecializationExpr:
    case CXCursor_RequiresExpr:
      return;
    case CXCursor_CXXNewExpr:
      records_.add_type(type_of(cursor));
      note_allocation(cursor);
      break;
    default:
      break;
  }
  visit_children(cursor);
}

void FunctionWalker::visit_unexposed(CXCursor expression, const ObjectUse& use) {
  const CXCursor inner = operand_inside(expression);
  if (!is_null(inner)) {
    note_cast(expression);
    return visit(inner, use);
  }
  if (const auto atomic = atomic_builtin(expression)) return visit_atomic(*atomic, expression);
  visit_children(expression);
}

/// Only the alternative that is chosen is evaluated: it is the one of the type of the whole.
void FunctionWalker::visit_generic(CXCursor selection, const ObjectUse& use) {
  const std::vector<CXCursor> parts = expressions_in(selection);
  for (size_t i = 1; i < parts.size(); ++i)
    if (clang_equalTypes(canonical(type_of(parts[i])), canonical(type_of(selection))) != 0)
      return visit(parts[i], use);
}

void FunctionWalker::visit_conditional(CXCursor conditional, const ObjectUse& use) {
  const std::vector<CXCursor> parts = expressions_in(conditional);
  if (parts.empty()) return;
  frame().guards.push_back(visit_condition(parts[0]));
  for (size_t i = 1; i < parts.size(); ++i) visit(parts[i], use);
  frame().guards.pop_back();
}

void FunctionWalker::visit_member(CXCursor member, const ObjectUse& use) {
  const CXCursor named = clang_getCursorReferenced(member);
  if (!is_null(named)) record_access(named, member, use);
  const CXCursor base = base_of_member(member);
  if (is_null(base)) return;
  const bool is_elsewhere = is_arrow(base) || use.pointed.kind != CXType_Invalid;
  visit(base, is_elsewhere ? ObjectUse{} : use_of_container(use));
}

void FunctionWalker::visit_reference(CXCursor reference, const ObjectUse& use) {
  const CXCursor variable = clang_getCursorReferenced(reference);
  auto alias = aliases_.find(variable);
  if (alias == aliases_.end()) {
    if (is_variable(variable)) record_access(variable, reference, use);
    return;
  }
  const auto [target, is_indexed] = alias->second;
  ObjectUse through = use;
  through.is_element |= is_indexed;
  through.is_indexed |= is_indexed;
  const CXCursor outer = alias_use_;
  if (is_null(outer)) alias_use_ = reference;
  aliases_.erase(alias);  // `auto& x = x;` must not recurse for ever
  visit(target, through);
  aliases_[variable] = {target, is_indexed};
  alias_use_ = outer;
}

void FunctionWalker::visit_subscript(CXCursor subscript, const ObjectUse& use) {
  const std::vector<CXCursor> parts = expressions_in(subscript);
  if (parts.size() != 2) return visit_children(subscript);
  const CXTypeKind base = canonical(type_of(strip(parts[0]))).kind;
  ObjectUse element = use;
  element.is_element = true;
  const bool is_variable = evaluate(parts[1], -1) < 0;
  element.is_indexed |= is_variable;
  if (is_variable && is_null(use.index)) element.index = parts[1];
  visit(parts[0], base == CXType_Pointer ? use_of_holder(element, type_of(subscript)) : element);
  visit(parts[1]);
}

void FunctionWalker::visit_unary(CXCursor unary, const ObjectUse& use) {
  const std::vector<CXCursor> operand = expressions_in(unary);
  if (operand.empty()) return;
  switch (clang_getCursorUnaryOperatorKind(unary)) {
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec:
      pointer_aliases_.erase(clang_getCursorReferenced(strip(operand[0])));
      return visit(operand[0], {.access = SourceAccess::kReadModifyWrite,
                                .is_result_used = !is_discarded(unary)});
    case CXUnaryOperator_AddrOf:
      return visit(operand[0], {.access = SourceAccess::kAddress, .is_silent = use.is_silent});
    case CXUnaryOperator_Deref: {
      ObjectUse pointed = use;
      adjust_use(pointed, type_of(unary));
      return visit_pointee(operand[0], pointed);
    }
    default:
      return visit(operand[0]);
  }
}

void FunctionWalker::visit_binary(CXCursor binary, const ObjectUse& use) {
  const std::vector<CXCursor> sides = expressions_in(binary);
  if (sides.size() != 2) return visit_children(binary);
  const CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(binary);
  const bool is_compound = clang_getCursorKind(binary) == CXCursor_CompoundAssignOperator;
  if (is_compound || kind == CXBinaryOperator_Assign)
    return visit_assignment(binary, sides[0], sides[1]);
  if (kind == CXBinaryOperator_LAnd || kind == CXBinaryOperator_LOr) {
    frame().guards.push_back(visit_condition(sides[0]));
    visit(sides[1]);
    return frame().guards.pop_back();
  }
  const bool is_comma = kind == CXBinaryOperator_Comma;
  is_comma ? visit_effect(sides[0]) : visit(sides[0]);
  visit(sides[1], is_comma ? use : ObjectUse{});
}

void FunctionWalker::visit_assignment(CXCursor assignment, CXCursor target, CXCursor value) {
  const bool is_result_used = !is_discarded(assignment);
  const bool is_plain = clang_getCursorKind(assignment) == CXCursor_BinaryOperator;
  if (is_plain) note_fresh_pointer(named_object(target), value);
  const size_t mark = flow_.mark();
  visit(value);
  const ValueFlow::Sources sources = flow_.since(mark);
  visit(target, {.access = is_plain ? SourceAccess::kWrite : SourceAccess::kReadModifyWrite,
                 .is_result_used = is_result_used,
                 .value = &sources});
  if (!is_plain) return;
  assign_local(target, sources);
  note_function_value(function_holder(target), value, assignment);
  const ObjectPath path = path_of(address_target(value));
  const CXCursor named = strip(target);
  if (clang_getCursorKind(named) == CXCursor_DeclRefExpr)
    note_pointer(clang_getCursorReferenced(named), value);
  if (clang_getCursorKind(named) == CXCursor_DeclRefExpr && !path.index.empty())
    element_index_[clang_getCursorReferenced(named)] = path.index;
}

/// Assigning to a member of a local is a part of its value only.
void FunctionWalker::assign_local(CXCursor target, const ValueFlow::Sources& sources) {
  const ObjectPath path = path_of(target);
  if (path.root != PathRoot::kVariable || path.is_through_pointer) return;
  if (!is_private_local(path.variable)) return;
  const bool is_whole = clang_getCursorKind(strip(target)) == CXCursor_DeclRefExpr;
  is_whole ? flow_.assign(path.variable, sources) : flow_.add(path.variable, sources);
}

void FunctionWalker::visit_lambda(CXCursor lambda, bool runs_here) {
  const SymbolId symbol = unit_.lambda_function(lambda, frame().name);
  sites_.declare_lambda(symbol, frame().function);
  Frame inner;
  inner.function = symbol;
  inner.name = frame().name + "::(lambda)";
  inner.kind = FunctionKind::kLambda;
  inner.inherits_locks = runs_here;
  for (CXCursor child : expressions_in(lambda)) {
    visit(child);
    const CXCursor copied = copied_variable(child);
    if (!is_null(copied)) sites_.declare_copy(symbol, copied);
  }
  frames_.push_back(std::move(inner));
  for (CXCursor child : children_of(lambda)) {
    if (clang_getCursorKind(child) == CXCursor_ParmDecl) sites_.declare_local(child, symbol);
    if (clang_isStatement(clang_getCursorKind(child))) visit(child);
  }
  finish_frame(unit_.files.position(clang_getRangeEnd(clang_getCursorExtent(lambda))));
}

void FunctionWalker::note_fresh_pointer(CXCursor target, CXCursor value) {
  if (is_null(target) || !is_private_local(target)) return;
  if (makes_new_object(value)) fresh_pointers_.insert(target);
}

void FunctionWalker::record_access(CXCursor object, CXCursor expression, ObjectUse use) {
  const bool is_to_element = use.pointed.kind != CXType_Invalid;
  if (is_to_element) record_access(object, expression, ObjectUse{});
  const bool is_field = clang_getCursorKind(object) == CXCursor_FieldDecl;
  if (use.is_silent || (!is_field && !is_variable(object))) return;
  if (is_field) records_.add_declaration(clang_getCursorSemanticParent(object));
  if (is_in_system_header(object) || is_constant(object)) return;
  if (!is_pattern_ && is_dependent(object)) return;
  const CXType type = is_to_element ? use.pointed : type_of(object);
  if (facts_of_type(type).lock != LockClass::kNone && use.form == AccessForm::kPlain) return;
  adjust_use(use, type);
  const ObjectUse referred = use;
  const bool binds = clang_getCursorKind(expression) == CXCursor_MemberRef;
  if (is_field && !binds && is_reference(object)) use = {};
  if (is_pattern_) adjust_in_pattern(use, type);
  if (is_atomic_statement_ && use.form == AccessForm::kPlain && is_write(use.access))
    use.form = AccessForm::kBuiltin;
  if (!is_to_element) note_own_parameter(object, expression, referred);

  const CXCursor place = is_null(alias_use_) ? expression : alias_use_;
  const ObjectPath path = is_field ? path_of(expression) : ObjectPath{};
  const CXCursor base = is_field ? base_of_member(expression) : null_cursor();
  const bool is_own =
      path.root == PathRoot::kThis && !path.is_through_pointer &&
      (frame().kind == FunctionKind::kConstructor || frame().kind == FunctionKind::kDestructor);
  const bool is_fresh = path.root == PathRoot::kVariable &&
                        (fresh_pointers_.contains(path.variable) || is_expiring(path.variable));
  const bool is_member_initialiser = clang_getCursorKind(expression) == CXCursor_MemberRef;
  const bool is_local = is_private_local(object);
  if (is_local && is_private_to_thread(object)) return;

  PendingSite pending{.site = {
                          .object = is_local   ? SymbolId{}
                                    : is_field ? unit_.symbol_of(object)
                                               : unit_.variable_symbol(object),
                          .function = frame().function,
                          .position = unit_.position(place),
                          .access = use.access,
                          .form = use.form,
                          .order = use.order,
                          .loop_depth = frame().loop_depth,
                          .is_initialization = is_own || is_fresh || is_member_initialiser,
                          .base = !is_field       ? ""
                                  : is_null(base) ? "this"
                                                  : path_of(base).text,
                          .index = index_of(path, use),
                          .is_in_loop_condition = is_in_loop_condition_,
                          .is_result_used = use.is_result_used && reads_and_writes(use.access),
                          .element_bytes = is_to_element ? size_of(type) : 0,
                      }};
  pending.site.is_indexed_by_variable =
      path.is_indexed || use.is_indexed || !pending.site.index.empty();
  pending.local_object = is_local ? object : null_cursor();
  note_locks(pending);
  note_flow(pending, object, use);
  const bool is_in_local = path.root == PathRoot::kVariable && !path.is_through_pointer &&
                           is_private_local(path.variable);
  pending.local_root = is_in_local ? path.variable : null_cursor();
  sites_.add(std::move(pending));
}

/// Through a reference parameter, or to the member of a class that wraps it.
void FunctionWalker::note_own_parameter(CXCursor object, CXCursor expression,
                                        const ObjectUse& use) {
  if (clang_getCursorKind(object) == CXCursor_FieldDecl) {
    const ObjectPath path = path_of(expression);
    const bool is_own = is_in_wrapper_ && frames_.size() == 1 && path.root == PathRoot::kThis &&
                        !path.is_through_pointer && path.text == spelling_of(object);
    if (is_own) note_parameter_access(kThisParameter, use);
  } else if (canonical(type_of(object)).kind == CXType_LValueReference) {
    if (const auto parameter = parameter_index(expression)) note_parameter_access(*parameter, use);
  }
}

void FunctionWalker::note_locks(PendingSite& pending) {
  for (size_t i = frames_.size(); i-- > 0;) {
    const std::vector<SymbolId> held = frames_[i].locks.locks_held();
    pending.site.locks_held.insert(pending.site.locks_held.end(), held.begin(), held.end());
    if (is_null(pending.local_object)) frames_[i].locks.note_object(pending.site.object);
    if (!frames_[i].inherits_locks) break;
  }
}

/// The index closest to the object: `a[i]` of the object itself, `p[i].f` on the way to it, or that
/// by which the local was found that leads to it.
std::string FunctionWalker::index_of(const ObjectPath& path, const ObjectUse& use) const {
  if (!is_null(use.index)) return text_of_index(use.index);
  if (!path.index.empty() || path.root != PathRoot::kVariable) return path.index;
  auto element = element_index_.find(path.variable);
  return element == element_index_.end() ? std::string() : element->second;
}

}  // namespace quarrel
