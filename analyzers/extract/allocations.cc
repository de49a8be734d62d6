// Does an expression allocate memory for objects of a record, and how well aligned is it?
#include "extract/allocations.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <vector>

#include "extract/names.h"
#include "extract/object_path.h"
#include "extract/source_text.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// malloc and operator new on 64-bit glibc: __STDCPP_DEFAULT_NEW_ALIGNMENT__, alignof(max_align_t).
constexpr uint64_t kHeapAlignment = 16;
constexpr uint64_t kAsked = 1;  ///< some alignment was asked for, in no literal

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), ::tolower);
  return text;
}

/// The user's record that a type is, or an array of it; else null.
CXCursor user_record(CXType type) {
  const CXCursor record = facts_of_type(canonical(type)).record;
  return is_null(record) || is_in_system_header(record) ? null_cursor() : record;
}

std::vector<CXCursor> arguments_of(CXCursor call) {
  std::vector<CXCursor> arguments;
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i)
    arguments.push_back(clang_Cursor_getArgument(call, static_cast<unsigned>(i)));
  return arguments;
}

/// What `sizeof` measures. libclang names the record of `sizeof(T*)` too: the value tells.
CXType sized_type(CXCursor size_expression) {
  for (CXCursor child : children_of(size_expression)) {
    const bool is_name = clang_getCursorKind(child) == CXCursor_TypeRef;
    const CXType type = type_of(is_name ? clang_getCursorReferenced(child) : child);
    if (evaluate(size_expression, -1) == clang_Type_getSizeOf(type)) return type;
  }
  return {};
}

CXCursor sizeof_in(CXCursor expression) {
  if (clang_getCursorKind(expression) == CXCursor_UnaryExpr) return expression;
  for (CXCursor child : expressions_in(expression)) {
    const CXCursor found = sizeof_in(child);
    if (!is_null(found)) return found;
  }
  return null_cursor();
}

/// The other factor of `n * sizeof(T)`, or null.
CXCursor factor_beside_sizeof(CXCursor expression) {
  const CXCursor product = strip(expression);
  if (clang_getCursorBinaryOperatorKind(product) != CXBinaryOperator_Mul) return null_cursor();
  const std::vector<CXCursor> sides = expressions_in(product);
  if (sides.size() != 2) return null_cursor();
  if (!is_null(sizeof_in(sides[1]))) return sides[0];
  return is_null(sizeof_in(sides[0])) ? null_cursor() : sides[1];
}

/// Of an aligned allocator: the one argument that is a literal power of two.
uint64_t asked_alignment(const std::vector<CXCursor>& arguments) {
  uint64_t asked = kAsked;
  for (CXCursor argument : arguments) {
    const long long value = is_null(sizeof_in(argument)) ? evaluate(argument, 0) : 0;
    if (value >= 8 && std::has_single_bit(static_cast<uint64_t>(value)))
      asked = asked == kAsked ? static_cast<uint64_t>(value) : kAsked;
  }
  return asked;
}

bool is_allocator_name(const std::string& name) {
  if (contains(name, "dealloc") || contains(name, "free") || contains(name, "allocated"))
    return false;
  return contains(name, "alloc") || contains(name, "memalign");
}

uint64_t guarantee_of(const std::string& name, const std::vector<CXCursor>& arguments) {
  for (std::string_view part : {"align", "page", "huge", "mmap"})
    if (contains(name, part)) return asked_alignment(arguments);
  for (std::string_view part : {"malloc", "calloc", "realloc", "zalloc"})
    if (contains(name, part)) return kHeapAlignment;
  return 0;
}

/// The argument with `sizeof`; for lack of one the last.
size_t size_argument(const std::vector<CXCursor>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i)
    if (!is_null(sizeof_in(arguments[i]))) return i;
  return arguments.size() - 1;
}

void describe_size(SourceAllocation& facts, const std::string& name,
                   const std::vector<CXCursor>& arguments) {
  const size_t size = size_argument(arguments);
  facts.size_text = written_text(arguments[size]);
  CXCursor count = factor_beside_sizeof(arguments[size]);
  const bool has_count = contains(name, "calloc") || contains(name, "array");
  if (is_null(count) && has_count && arguments.size() >= 2)
    count = arguments[size == 0 ? 1 : size - 1];
  if (is_null(count)) return;
  facts.is_array = evaluate(count, -1) != 1;
  facts.count_text = written_text(count);
}

CXCursor allocated_record(const std::vector<CXCursor>& arguments, CXType receiver) {
  for (CXCursor argument : arguments) {
    const CXCursor measured = sizeof_in(argument);
    if (is_null(measured)) continue;
    const CXType type = sized_type(measured);
    return type.kind == CXType_Invalid ? null_cursor() : user_record(type);
  }
  const CXType target = clang_getPointeeType(canonical(receiver));
  return target.kind == CXType_Invalid ? null_cursor() : user_record(target);
}

/// posix_memalign(&p, ...) has no result to tell the type.
CXType type_behind_first(const std::vector<CXCursor>& arguments) {
  const CXCursor target = strip(address_target(strip(arguments[0])));
  return type_of(target);
}

std::optional<Allocation> by_name(CXCursor call, const std::string& spelling, CXType receiver) {
  const std::string name = lower(spelling);
  const std::vector<CXCursor> arguments = arguments_of(call);
  if (!is_allocator_name(name) || arguments.empty()) return std::nullopt;
  const bool has_out = contains(name, "posix_memalign");
  if (!has_out && canonical(type_of(call)).kind != CXType_Pointer) return std::nullopt;
  if (receiver.kind == CXType_Invalid)
    receiver = has_out ? type_behind_first(arguments) : type_of(call);
  Allocation allocation{.record = allocated_record(arguments, receiver)};
  if (is_null(allocation.record)) return std::nullopt;
  allocation.facts.allocator = spelling;
  allocation.facts.guarantee_bytes = guarantee_of(name, arguments);
  describe_size(allocation.facts, name, arguments);
  return allocation;
}

uint64_t guarantee_of_new(CXCursor record, bool has_aligned_new) {
  const uint64_t own = align_of(type_of(record));
  return has_aligned_new ? std::max(kHeapAlignment, own) : kHeapAlignment;
}

std::optional<Allocation> by_smart_pointer(CXCursor call, const std::string& name, bool aligned) {
  const CXType element = clang_Type_getTemplateArgumentAsType(canonical(type_of(call)), 0);
  if (element.kind == CXType_Invalid) return std::nullopt;
  Allocation allocation{.record = user_record(element)};
  if (is_null(allocation.record)) return std::nullopt;
  allocation.facts.allocator = "std::" + name;
  allocation.facts.is_array = clang_getArrayElementType(canonical(element)).kind != CXType_Invalid;
  if (name != "allocate_shared")
    allocation.facts.guarantee_bytes = guarantee_of_new(allocation.record, aligned);
  if (allocation.facts.is_array && clang_Cursor_getNumArguments(call) > 0)
    allocation.facts.count_text = written_text(clang_Cursor_getArgument(call, 0));
  return allocation;
}

/// Members of std::vector that make room, and std::allocator<T>::allocate.
std::optional<Allocation> by_container(CXCursor call, CXCursor callee, bool aligned) {
  const CXType owner = type_of(clang_getCursorSemanticParent(callee));
  const std::string container = type_name(owner);
  const std::string name = spelling_of(callee);
  const bool is_vector = container.starts_with("std::vector<");
  static constexpr std::string_view kGrowing[] = {"resize",       "reserve", "push_back",
                                                  "emplace_back", "assign",  "emplace"};
  const bool grows =
      std::find(std::begin(kGrowing), std::end(kGrowing), name) != std::end(kGrowing);
  const bool is_allocator = container.starts_with("std::allocator<") && name == "allocate";
  if (!(is_vector && grows) && !is_allocator) return std::nullopt;
  const CXType element = clang_Type_getTemplateArgumentAsType(canonical(owner), 0);
  Allocation allocation{.record = user_record(element)};
  if (is_null(allocation.record)) return std::nullopt;
  allocation.facts.allocator = is_vector ? "std::vector" : "std::allocator";
  allocation.facts.is_array = true;
  const CXType custom = clang_Type_getTemplateArgumentAsType(canonical(owner), 1);
  if (is_vector && custom.kind != CXType_Invalid &&
      !type_name(custom).starts_with("std::allocator<"))
    allocation.facts.allocator = type_name(custom);
  else
    allocation.facts.guarantee_bytes = guarantee_of_new(allocation.record, aligned);
  const bool has_count = name == "resize" || name == "reserve" || name == "allocate";
  if (has_count && clang_Cursor_getNumArguments(call) > 0)
    allocation.facts.count_text = written_text(clang_Cursor_getArgument(call, 0));
  return allocation;
}

bool has_operator_new(CXCursor record) {
  const std::vector<CXCursor> members = children_of(visible_declaration(record));
  return std::any_of(members.begin(), members.end(), [](CXCursor member) {
    return spelling_of(member).starts_with("operator new");
  });
}

/// How a new-expression is written: libclang shows its parts, but not which is which.
struct NewSpelling {
  bool is_placement = false;
  bool is_array = false;
  std::string count;
};

/// The text between the bracket at `open` and its partner.
std::string bracketed(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    depth += text[i] == '(' || text[i] == '[' || text[i] == '{';
    depth -= text[i] == ')' || text[i] == ']' || text[i] == '}';
    if (depth == 0) return std::string(text.substr(open + 1, i - open - 1));
  }
  return std::string(text.substr(open + 1));
}

NewSpelling spelling_of_new(const std::string& text) {
  NewSpelling result;
  size_t at = text.find("new");
  at = at == std::string::npos ? text.size() : text.find_first_not_of(' ', at + 3);
  if (at < text.size() && text[at] == '(') {
    const std::string placement = bracketed(text, at);
    result.is_placement = !contains(placement, "nothrow") && !contains(placement, "align_val_t");
    at += placement.size() + 2;
  }
  const size_t bracket = at < text.size() ? text.find_first_of("[({", at) : std::string::npos;
  if (bracket == std::string::npos || text[bracket] != '[') return result;
  result.is_array = true;
  result.count = bracketed(text, bracket);
  return result;
}

}  // namespace

std::optional<Allocation> allocation_by_call(CXCursor call, CXType receiver, bool has_aligned_new) {
  const CXCursor callee = clang_getCursorReferenced(call);
  const std::string name = spelling_of(call);
  if (name.empty()) return std::nullopt;
  if (name == "make_shared" || name == "make_unique" || name == "allocate_shared")
    return by_smart_pointer(call, name, has_aligned_new);
  if (!is_null(callee) && clang_getCursorKind(callee) == CXCursor_CXXMethod &&
      is_in_system_header(callee))
    return by_container(call, callee, has_aligned_new);
  return by_name(call, name, receiver);
}

std::optional<Allocation> allocation_by_new(CXCursor expression, bool has_aligned_new) {
  const CXType target = clang_getPointeeType(canonical(type_of(expression)));
  if (target.kind == CXType_Invalid) return std::nullopt;
  Allocation allocation{.record = user_record(target)};
  if (is_null(allocation.record)) return std::nullopt;
  const NewSpelling spelling = spelling_of_new(written_text(expression));
  const bool is_own = has_operator_new(allocation.record);
  allocation.facts.allocator = spelling.is_placement ? "placement new"
                               : is_own              ? "operator new of the class"
                               : spelling.is_array   ? "new[]"
                                                     : "new";
  if (!spelling.is_placement && !is_own)
    allocation.facts.guarantee_bytes = guarantee_of_new(allocation.record, has_aligned_new);
  allocation.facts.is_array = spelling.is_array;
  allocation.facts.count_text = spelling.count;
  return allocation;
}

}  // namespace quarrel
