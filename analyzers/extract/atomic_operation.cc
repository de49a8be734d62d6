// Is a call or an unnamed expression an atomic operation, on what, and in which order?
#include "extract/atomic_operation.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "extract/names.h"
#include "extract/object_path.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The kind of access that a name such as "fetch_add_explicit" or "__sync_lock_release" stands for.
std::optional<SourceAccess> access_by_name(std::string_view name) {
  if (contains(name, "compare") || contains(name, "cas")) return SourceAccess::kCompareExchange;
  if (contains(name, "exchange") || contains(name, "fetch") || contains(name, "test_and_set"))
    return SourceAccess::kReadModifyWrite;
  if (contains(name, "load") || contains(name, "wait")) return SourceAccess::kRead;
  if (name == "test" || name == "atomic_flag_test" || name == "atomic_flag_test_explicit")
    return SourceAccess::kRead;
  if (contains(name, "store") || contains(name, "clear") || contains(name, "lock_release") ||
      name == "operator=")
    return SourceAccess::kWrite;
  if (name == "operator++" || name == "operator--" || name.ends_with("="))
    return SourceAccess::kReadModifyWrite;
  if (name.starts_with("operator ")) return SourceAccess::kRead;
  return std::nullopt;
}

MemoryOrder order_by_name(std::string_view name) {
  if (name.ends_with("relaxed")) return MemoryOrder::kRelaxed;
  if (name.ends_with("consume")) return MemoryOrder::kConsume;
  if (name.ends_with("acq_rel")) return MemoryOrder::kAcqRel;
  if (name.ends_with("acquire")) return MemoryOrder::kAcquire;
  if (name.ends_with("release")) return MemoryOrder::kRelease;
  if (name.ends_with("seq_cst")) return MemoryOrder::kSeqCst;
  return MemoryOrder::kUnknown;
}

/// The order among the arguments; of a compare-exchange the first, which is that of success.
MemoryOrder order_among(const std::vector<CXCursor>& arguments) {
  for (CXCursor argument : arguments) {
    if (!is_memory_order_type(type_of(argument))) continue;
    const CXCursor bare = strip(argument);
    if (clang_getCursorKind(bare) != CXCursor_DeclRefExpr) {
      // A default argument has no place in the source; what has one is a computed order.
      const bool is_default =
          clang_equalLocations(clang_getCursorLocation(argument), clang_getNullLocation()) != 0;
      return is_default ? MemoryOrder::kSeqCst : MemoryOrder::kUnknown;
    }
    return order_by_name(spelling_of(bare));
  }
  return MemoryOrder::kSeqCst;
}

MemoryOrder order_by_number(CXCursor order) {
  switch (evaluate(order, -1)) {  // the values of __ATOMIC_RELAXED and so on
    case 0:
      return MemoryOrder::kRelaxed;
    case 1:
      return MemoryOrder::kConsume;
    case 2:
      return MemoryOrder::kAcquire;
    case 3:
      return MemoryOrder::kRelease;
    case 4:
      return MemoryOrder::kAcqRel;
    case 5:
      return MemoryOrder::kSeqCst;
    default:
      return MemoryOrder::kUnknown;
  }
}

std::vector<CXCursor> arguments_of(CXCursor call) {
  std::vector<CXCursor> arguments;
  const int count = clang_Cursor_getNumArguments(call);
  for (int i = 0; i < count; ++i)
    arguments.push_back(clang_Cursor_getArgument(call, static_cast<unsigned>(i)));
  return arguments;
}

/// The object of x.f() is below the callee; that of an operator is the first argument.
CXCursor take_object(CXCursor call, std::vector<CXCursor>& arguments) {
  const std::vector<CXCursor> children = expressions_in(call);
  if (!children.empty() && clang_getCursorKind(children[0]) == CXCursor_MemberRefExpr &&
      is_function(clang_getCursorReferenced(children[0])))
    return base_of_member(children[0]);
  if (arguments.empty()) return null_cursor();
  const CXCursor object = arguments.front();
  arguments.erase(arguments.begin());
  return object;
}

/// `std::atomic_ref<int> r(x)` or a temporary of it: the object is x.
CXCursor referred_object(CXCursor reference, int depth = 0) {
  reference = strip(reference);
  const CXCursorKind kind = clang_getCursorKind(reference);
  if (kind == CXCursor_CallExpr && clang_Cursor_getNumArguments(reference) >= 1)
    return clang_Cursor_getArgument(reference, 0);
  if (kind != CXCursor_DeclRefExpr || depth > 0) return null_cursor();
  const std::vector<CXCursor> initial = initialiser_of(clang_getCursorReferenced(reference));
  return initial.empty() ? null_cursor() : referred_object(initial.back(), depth + 1);
}

/// Which operands are stored and compared with; `desired` is the index of the former in a
/// compare-exchange, where the latter is the first.
void name_operands(AtomicOperation& operation, size_t desired = 1) {
  const std::vector<CXCursor>& operands = operation.operands;
  const bool is_compare = operation.access == SourceAccess::kCompareExchange;
  if (is_compare && !operands.empty()) operation.expected = operands[0];
  const size_t value = is_compare ? desired : 0;
  if (operation.access != SourceAccess::kRead && operands.size() > value)
    operation.value = operands[value];
}

std::optional<AtomicOperation> member_operation(CXCursor call, CXCursor callee) {
  const CXType owner = type_of(clang_getCursorSemanticParent(callee));
  const bool is_reference = is_atomic_ref_type(owner);
  if (!is_reference && !is_atomic_type(owner)) return std::nullopt;
  const std::string name = spelling_of(callee);
  const auto access = access_by_name(name);
  if (!access) return std::nullopt;
  AtomicOperation operation{.access = *access, .operands = arguments_of(call)};
  operation.object = take_object(call, operation.operands);
  operation.order = order_among(operation.operands);
  if (is_reference) {
    operation.object = referred_object(operation.object);
    operation.form = AccessForm::kAtomicRef;
  }
  name_operands(operation);
  operation.name = name;
  operation.is_test_and_set = name == "test_and_set";
  operation.is_clear = name == "clear";
  return operation;
}

std::optional<AtomicOperation> pointer_operation(CXCursor call, std::string_view name,
                                                 AccessForm form) {
  const auto access = access_by_name(name);
  if (!access || clang_Cursor_getNumArguments(call) < 1) return std::nullopt;
  AtomicOperation operation{.is_address = true, .access = *access, .form = form};
  operation.operands = arguments_of(call);
  operation.object = operation.operands.front();
  operation.operands.erase(operation.operands.begin());
  operation.order = order_among(operation.operands);
  name_operands(operation);
  operation.name = name;
  operation.is_test_and_set = contains(name, "test_and_set");
  operation.is_clear = contains(name, "clear") || contains(name, "lock_release");
  return operation;
}

std::optional<AtomicOperation> sync_operation(CXCursor call, std::string_view name) {
  std::string_view rest = name.substr(name.find("__sync_") + 7);
  if (rest.starts_with("synchronize")) return std::nullopt;
  auto operation = pointer_operation(call, name, AccessForm::kBuiltin);
  if (!operation) {  // __sync_add_and_fetch has "fetch", so only the odd ones come here
    return std::nullopt;
  }
  // GCC manual, "Legacy __sync Built-in Functions": full barriers but for these two.
  if (rest.starts_with("lock_test_and_set")) operation->order = MemoryOrder::kAcquire;
  if (rest.starts_with("lock_release")) operation->order = MemoryOrder::kRelease;
  return operation;
}

bool is_std_function(CXCursor callee) {
  for (CXCursor scope = clang_getCursorSemanticParent(callee);
       clang_getCursorKind(scope) == CXCursor_Namespace;
       scope = clang_getCursorSemanticParent(scope))
    if (spelling_of(scope) == "std") return true;
  return false;
}

/// The identifier at which an expression starts: first where it is spelt (inside a macro), then
/// where the macro is used.
std::string first_token(CXCursor expression) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(expression);
  const CXSourceLocation start = clang_getRangeStart(clang_getCursorExtent(expression));
  CXFile file = nullptr;
  unsigned line = 0, column = 0;
  clang_getSpellingLocation(start, &file, &line, &column, nullptr);
  std::string text;
  for (const CXSourceLocation place : {clang_getLocation(unit, file, line, column), start}) {
    CXToken* token = clang_getToken(unit, place);
    if (token == nullptr) continue;
    text = take(clang_getTokenSpelling(unit, *token));
    clang_disposeTokens(unit, token, 1);
    if (text.starts_with("__")) return text;
  }
  std::transform(text.begin(), text.end(), text.begin(), ::tolower);
  return text;
}

/// From the operands alone: (ptr, order), (ptr, order, value), or more for a compare-exchange.
SourceAccess access_by_shape(CXCursor expression, size_t operands) {
  if (operands >= 5) return SourceAccess::kCompareExchange;
  if (operands == 2) return SourceAccess::kRead;
  return type_of(expression).kind == CXType_Void ? SourceAccess::kWrite
                                                 : SourceAccess::kReadModifyWrite;
}

bool is_integer(CXType type) {
  const CXTypeKind kind = canonical(type).kind;
  return (kind >= CXType_Bool && kind <= CXType_Int128) || kind == CXType_Enum;
}

}  // namespace

std::optional<AtomicOperation> atomic_by_name(CXCursor object, const std::string& name,
                                              CXCursor call) {
  const auto access = access_by_name(name);
  if (!access) return std::nullopt;
  AtomicOperation operation{.object = object, .access = *access, .operands = arguments_of(call)};
  operation.order = order_among(operation.operands);
  name_operands(operation);
  operation.name = name;
  operation.is_test_and_set = name == "test_and_set";
  operation.is_clear = name == "clear";
  return operation;
}

bool is_memory_order_type(CXType type) {
  const std::string name = type_name(unqualified(canonical(type)));
  return name == "std::memory_order" || name == "memory_order" || name == "std::__1::memory_order";
}

std::optional<AtomicOperation> atomic_call(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || clang_getCursorKind(callee) == CXCursor_Constructor) return std::nullopt;
  const std::string name = spelling_of(callee);
  if (is_record(clang_getCursorSemanticParent(callee))) return member_operation(call, callee);
  if (name.starts_with("__sync_")) return sync_operation(call, name);
  if (name.starts_with("__atomic_"))  // test_and_set and clear are ordinary calls
    return pointer_operation(call, name, AccessForm::kBuiltin);
  if (name.starts_with("atomic_") && !contains(name, "fence") && is_std_function(callee))
    return pointer_operation(call, name, AccessForm::kStdAtomic);
  return std::nullopt;
}

std::optional<AtomicOperation> atomic_builtin(CXCursor expression) {
  const std::vector<CXCursor> operands = expressions_in(expression);
  if (operands.size() < 2 || canonical(type_of(operands[0])).kind != CXType_Pointer ||
      !is_integer(type_of(operands[1])))
    return std::nullopt;
  const std::string token = first_token(expression);
  const auto by_name = access_by_name(token);
  AtomicOperation operation{
      .object = operands[0],
      .is_address = true,
      .access = by_name.value_or(access_by_shape(expression, operands.size())),
      .form = AccessForm::kBuiltin,
      .order = order_by_number(operands[1]),
  };
  if (is_atomic_type(clang_getPointeeType(canonical(type_of(operands[0])))))
    operation.form = AccessForm::kC11Atomic;
  operation.operands.assign(operands.begin() + 2, operands.end());
  operation.name = token;
  name_operands(operation, 2);  // between them: the order of failure
  return operation;
}

bool is_atomic_bookkeeping(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee)) return false;
  const std::string name = spelling_of(callee);
  return name.starts_with("notify_") || name == "is_lock_free" || name.starts_with("__sync_sync");
}

}  // namespace quarrel
