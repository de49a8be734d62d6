// Is a call, or the macro that it comes from, one that is known by name?
#include "extract/primitive_calls.h"

#include <string>

#include "extract/names.h"
#include "extract/primitives.h"
#include "extract/source_text.h"

namespace quarrel {
namespace {

/// Argument `number`, counted from 1; null if there are fewer.
CXCursor argument_of(CXCursor call, size_t number) {
  const int count = clang_Cursor_getNumArguments(call);
  if (number == 0 || count < 0 || number > static_cast<size_t>(count)) return null_cursor();
  return clang_Cursor_getArgument(call, static_cast<unsigned>(number - 1));
}

bool is_pointer(CXCursor argument) {
  return clang_getPointeeType(canonical(type_of(argument))).kind != CXType_Invalid;
}

/// The name of the function; of the macro if the project lists macros and the function is not
/// known.
const AccessPrimitive* find_access(CXCursor call) {
  const PrimitiveRegistry& registry = PrimitiveRegistry::instance();
  const AccessPrimitive* found = registry.access(spelling_of(call));
  if (found != nullptr || !registry.has_project()) return found;
  const std::string macro = macro_of(call);
  return macro.empty() ? nullptr : registry.access(macro);
}

const LockPrimitive* find_lock(CXCursor call, bool& is_release, std::string& name) {
  const PrimitiveRegistry& registry = PrimitiveRegistry::instance();
  name = spelling_of(call);
  const LockPrimitive* found = registry.lock(name, is_release);
  if (found != nullptr || !registry.has_project()) return found;
  name = macro_of(call);
  return name.empty() ? nullptr : registry.lock(name, is_release);
}

}  // namespace

std::optional<AtomicOperation> primitive_access(CXCursor call) {
  const AccessPrimitive* primitive = find_access(call);
  if (primitive == nullptr) return std::nullopt;
  AtomicOperation operation{
      .access = primitive->access, .form = AccessForm::kPrimitive, .order = primitive->order};
  operation.object = argument_of(call, primitive->object_argument);
  if (is_null(operation.object)) return std::nullopt;
  operation.is_address = is_pointer(operation.object);
  for (int i = 0; i < clang_Cursor_getNumArguments(call); ++i) {
    const CXCursor argument = clang_Cursor_getArgument(call, static_cast<unsigned>(i));
    if (clang_equalCursors(argument, operation.object) == 0) operation.operands.push_back(argument);
  }
  if (!operation.operands.empty() && operation.access != SourceAccess::kRead)
    operation.value = operation.operands.back();
  return operation;
}

std::optional<LockCall> primitive_lock(CXCursor call) {
  bool is_release = false;
  std::string name;
  const LockPrimitive* primitive = find_lock(call, is_release, name);
  if (primitive == nullptr) return std::nullopt;
  const CXCursor lock = argument_of(call, primitive->argument);
  if (is_null(lock)) return std::nullopt;
  return LockCall{.step = is_release ? LockStep::kRelease : LockStep::kAcquire,
                  .mode = primitive->mode,
                  .objects = {lock},
                  .guard = name,
                  .makes_lock = true};
}

std::optional<ThreadStart> primitive_thread(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || !is_function(callee)) return std::nullopt;
  const std::string name = spelling_of(callee);
  const ThreadPrimitive* primitive =
      PrimitiveRegistry::instance().thread(name, qualified_name(callee));
  if (primitive == nullptr) return std::nullopt;
  ThreadStart start{.mechanism = name,
                    .callable = argument_of(call, primitive->entry_argument),
                    .argument = argument_of(call, primitive->passed_argument),
                    .is_many = primitive->is_many};
  return is_null(start.callable) ? std::nullopt : std::optional(std::move(start));
}

}  // namespace quarrel
