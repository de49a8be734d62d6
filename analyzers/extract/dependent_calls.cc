// What does a call in a template do, if its object's type waits for an argument?
#include "extract/dependent_calls.h"

#include <algorithm>

#include "extract/lock_names.h"
#include "extract/name_parts.h"
#include "extract/names.h"
#include "extract/object_path.h"
#include "extract/source_text.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The parts of `object.name(...)`; `object` is null if the call is of another kind.
struct MemberCall {
  CXCursor object{};
  std::string name;
};

MemberCall member_call(CXCursor call) {
  const std::vector<CXCursor> parts = expressions_in(call);
  const bool is_member = !parts.empty() && clang_getCursorKind(parts[0]) == CXCursor_MemberRefExpr;
  const CXCursor callee = is_member ? clang_getCursorReferenced(parts[0]) : null_cursor();
  if (!is_member || (!is_null(callee) && is_function(callee))) return {};
  return {base_of_member(parts[0]), last_identifier(parts[0])};
}

bool names_atomic_operation(const std::string& name) {
  return contains(name, "compare_exchange") || name.starts_with("fetch_") || name == "test_and_set";
}

bool has_order(CXCursor call) {
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i)
    if (is_memory_order_type(type_of(clang_Cursor_getArgument(call, static_cast<unsigned>(i)))))
      return true;
  return false;
}

/// Only a field or a variable: what a call returns is not known.
bool names_object(CXCursor object) {
  const CXCursor named = is_null(object) ? object : named_object(object);
  return !is_null(named) &&
         (is_variable(named) || clang_getCursorKind(named) == CXCursor_FieldDecl);
}

std::string type_text(CXType type) {
  return without_tags(without_paths(spelling_of(type)));
}

bool is_lock_like(CXCursor object) {
  const CXCursor named = named_object(object);
  const CXType type = type_of(named);
  if (lock_class_of(type) != LockClass::kNone) return true;
  if (lock_class_of_name(type_text(type)) != LockClass::kNone) return true;
  const std::vector<std::string> words = name_parts(spelling_of(named));
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "lock" || word == "mutex" || word == "mtx" || word == "mu";
  });
}

bool is_guard_type(const std::string& type) {
  const std::vector<std::string> words = name_parts(type.substr(0, type.find('<')));
  const bool has_lock = std::any_of(words.begin(), words.end(),
                                    [](const std::string& word) { return word == "lock"; });
  return has_lock || (!words.empty() && (words.back() == "guard" || words.back() == "locker"));
}

/// The fields and variables in the initialiser of a guard: `guard(m_, std::try_to_lock)`.
void add_locks(CXCursor expression, std::vector<CXCursor>& locks) {
  for (CXCursor child : expressions_in(expression)) {
    const CXCursorKind kind = clang_getCursorKind(child);
    const bool is_name = kind == CXCursor_MemberRefExpr || kind == CXCursor_DeclRefExpr;
    const CXCursor named = is_name ? clang_getCursorReferenced(child) : null_cursor();
    const bool is_object =
        !is_null(named) && names_object(child) && !spelling_of(type_of(named)).ends_with("lock_t");
    if (is_object)
      locks.push_back(child);
    else
      add_locks(child, locks);
  }
}

}  // namespace

bool is_dependent_atomic(CXType type) {
  const CXType element = clang_getArrayElementType(type);
  const std::string text = type_text(element.kind == CXType_Invalid ? type : element);
  return contains(text.substr(0, text.find('<')), "atomic") || text.starts_with("Atom");
}

std::optional<AtomicOperation> dependent_atomic(CXCursor call) {
  const MemberCall member = member_call(call);
  if (!names_object(member.object)) return std::nullopt;
  const bool is_plain_name = member.name == "load" || member.name == "store" ||
                             member.name == "exchange" || member.name == "clear";
  const bool is_atomic =
      names_atomic_operation(member.name) ||
      (is_plain_name && (has_order(call) || is_dependent_atomic(type_of(strip(member.object)))));
  return is_atomic ? atomic_by_name(member.object, member.name, call) : std::nullopt;
}

std::optional<LockCall> dependent_lock(CXCursor call) {
  const MemberCall member = member_call(call);
  if (!names_object(member.object)) return std::nullopt;
  auto result = lock_method(member.name);
  if (!result) return std::nullopt;
  const CXCursor named = named_object(member.object);
  result->is_on_guard = is_private_local(named) && is_guard_type(type_text(type_of(named)));
  if (!result->is_on_guard && !is_lock_like(member.object)) return std::nullopt;
  result->objects = {member.object};
  result->makes_lock = !result->is_on_guard && lock_class_of(type_of(named)) == LockClass::kNone;
  return result;
}

std::optional<GuardDeclaration> dependent_guard(CXCursor variable) {
  const CXType type = type_of(variable);
  if (canonical(type).kind == CXType_Record) return std::nullopt;
  const std::string text = type_text(type);
  const std::vector<CXCursor> initial = initialiser_of(variable);
  if (!is_guard_type(text) || initial.empty()) return std::nullopt;
  GuardDeclaration guard{.guard = text.substr(0, text.find('<'))};
  if (contains(text, "shared_lock") || contains(text, "Read")) guard.mode = LockMode::kShared;
  add_locks(initial[0], guard.objects);
  const bool takes_many = contains(text, "scoped_lock");
  if (guard.objects.empty()) return std::nullopt;
  if (!takes_many) guard.objects.resize(1);
  guard.is_held = !contains(text_in_use(initial[0]), "defer_lock");
  guard.makes_lock = true;
  return guard;
}

}  // namespace quarrel
