// What does the type of a field or variable say: array, atomic, lock, record?
#include "extract/type_facts.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "extract/cursor.h"
#include "extract/lock_names.h"
#include "extract/names.h"

namespace quarrel {
namespace {

constexpr std::pair<std::string_view, LockClass> kKnownLocks[] = {
    {"std::mutex", LockClass::kMutex},
    {"std::timed_mutex", LockClass::kMutex},
    {"std::recursive_mutex", LockClass::kMutex},
    {"std::recursive_timed_mutex", LockClass::kMutex},
    {"std::shared_mutex", LockClass::kSharedMutex},
    {"std::shared_timed_mutex", LockClass::kSharedMutex},
    {"pthread_mutex_t", LockClass::kMutex},
    {"mtx_t", LockClass::kMutex},
    {"pthread_rwlock_t", LockClass::kSharedMutex},
    {"pthread_spinlock_t", LockClass::kSpin},
};

LockClass known_lock(std::string_view name) {
  for (const auto& [lock, kind] : kKnownLocks)
    if (lock == name) return kind;
  return LockClass::kNone;
}

bool is_integer(CXType type) {
  return type.kind >= CXType_Bool && type.kind <= CXType_Int128 && type.kind != CXType_Float;
}

std::vector<CXCursor> fields_of(CXType type) {
  std::vector<CXCursor> fields;
  clang_Type_visitFields(
      canonical(type),
      [](CXCursor field, CXClientData data) {
        static_cast<std::vector<CXCursor>*>(data)->push_back(field);
        return CXVisit_Continue;
      },
      &fields);
  return fields;
}

bool has_method(const std::vector<CXCursor>& members,
                std::initializer_list<std::string_view> names) {
  return std::any_of(members.begin(), members.end(), [&](CXCursor member) {
    if (clang_getCursorKind(member) != CXCursor_CXXMethod) return false;
    const std::string name = spelling_of(member);
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

bool is_std(std::string_view name) {
  return name.starts_with("std::") || name.starts_with("__gnu_cxx::");
}

bool is_in_std(CXCursor declaration) {
  return is_std(qualified_name(declaration));
}

/// An abstract class or a handle leads to a lock but is none.
bool has_only_pointers(CXType record) {
  const std::vector<CXCursor> fields = fields_of(record);
  return std::all_of(fields.begin(), fields.end(), [](CXCursor field) {
    return clang_getPointeeType(canonical(type_of(field))).kind != CXType_Invalid;
  });
}

/// A field that makes its record a lock: a lock, or an atomic in a record that can be locked.
LockClass lock_of_fields(CXType record) {
  LockClass found = LockClass::kNone;
  for (CXCursor field : fields_of(record)) {
    const CXType type = type_of(field);
    if (canonical(type).kind == CXType_Record || canonical(type).kind == CXType_Int)
      found = std::max(found, lock_class_of(type));
    if (is_atomic_type(type)) found = std::max(found, LockClass::kSpin);
  }
  return found;
}

LockClass classify_wrapper(CXType type, const std::string& name) {
  if (is_std(name) || is_lock_guard(type)) return LockClass::kNone;
  const CXCursor declaration = visible_declaration(clang_getTypeDeclaration(type));
  const std::vector<CXCursor> members = children_of(declaration);
  const bool locks = has_method(members, {"lock", "Lock", "WriterLock", "WriteLock", "acquire"});
  const bool unlocks =
      has_method(members, {"unlock", "Unlock", "WriterUnlock", "WriteUnlock", "release"});
  return locks && unlocks ? lock_of_fields(type) : LockClass::kNone;
}

/// A class with methods, none of which locks: a queue that is built with a mutex, say.
bool only_does_other_things(CXType record) {
  static constexpr std::array<std::string_view, 6> kVerbs = {"lock",    "Lock",  "acquire",
                                                             "Acquire", "enter", "Enter"};
  bool has_methods = false;
  for (CXCursor member : children_of(visible_declaration(clang_getTypeDeclaration(record)))) {
    const CXCursorKind kind = clang_getCursorKind(member);
    if (kind != CXCursor_CXXMethod && kind != CXCursor_FunctionTemplate) continue;
    const std::string name = spelling_of(member);
    if (name.starts_with("operator")) continue;
    has_methods = true;
    if (std::any_of(kVerbs.begin(), kVerbs.end(),
                    [&](std::string_view verb) { return name.find(verb) != name.npos; }))
      return false;
  }
  return has_methods;
}

/// What a name says counts only for a type that can be a lock: one that holds something, and is
/// no table of locks.
LockClass named_lock(CXType type, const std::string& name) {
  constexpr uint64_t kLargestLock = 256;
  const LockClass lock = is_std(name) ? LockClass::kNone : lock_class_of_name(name);
  if (lock == LockClass::kNone || size_of(type) > kLargestLock) return LockClass::kNone;
  if (is_integer(type)) return lock == LockClass::kMutex ? LockClass::kSpin : lock;
  if (type.kind != CXType_Record || has_only_pointers(type)) return LockClass::kNone;
  if (only_does_other_things(type)) return LockClass::kNone;
  return is_lock_guard(type) ? LockClass::kNone : lock;
}

LockClass wrapped_lock(CXType type, const std::string& name) {
  // Classifying a record looks at its fields, and code asks about the same few types all the time.
  static CursorMap<LockClass> known;
  const CXCursor declaration = clang_getTypeDeclaration(type);
  auto [place, is_new] = known.try_emplace(declaration, LockClass::kNone);
  if (!is_new) return place->second;
  LockClass lock = classify_wrapper(type, name);
  if (lock == LockClass::kNone) lock = named_lock(type, name);
  known[declaration] = lock;
  return lock;
}

LockClass lock_of_typedef(CXCursor declaration) {
  static CursorMap<LockClass> known;
  auto [place, is_new] = known.try_emplace(declaration, LockClass::kNone);
  if (!is_new) return place->second;
  const std::string name = spelling_of(declaration);
  LockClass lock = known_lock(name);
  const CXType type = canonical(clang_getTypedefDeclUnderlyingType(declaration));
  if (lock == LockClass::kNone && !is_in_std(declaration))
    lock = named_lock(unqualified(type), name);
  known[declaration] = lock;
  return lock;
}

/// pthread_spinlock_t is a plain int beneath its typedef, so the typedef names must be asked.
LockClass lock_by_typedef(CXType type) {
  for (int depth = 0; depth < 16; ++depth) {
    if (type.kind == CXType_Elaborated) type = clang_Type_getNamedType(type);
    if (type.kind != CXType_Typedef) return LockClass::kNone;
    const CXCursor declaration = clang_getTypeDeclaration(type);
    const LockClass lock = lock_of_typedef(declaration);
    if (lock != LockClass::kNone) return lock;
    type = clang_getTypedefDeclUnderlyingType(declaration);
  }
  return LockClass::kNone;
}

bool has_destructor_and_lock_pointer(CXType type) {
  const CXCursor declaration = visible_declaration(clang_getTypeDeclaration(type));
  const std::vector<CXCursor> members = children_of(declaration);
  const bool has_destructor = std::any_of(members.begin(), members.end(), [](CXCursor member) {
    return clang_getCursorKind(member) == CXCursor_Destructor;
  });
  if (!has_destructor) return false;
  const std::vector<CXCursor> fields = fields_of(type);
  return std::any_of(fields.begin(), fields.end(), [](CXCursor field) {
    const CXType target = clang_getPointeeType(canonical(type_of(field)));
    return target.kind != CXType_Invalid && lock_class_of(target) != LockClass::kNone;
  });
}

/// libc++ puts everything into an inline namespace.
std::string plain_std(std::string name) {
  const size_t inline_namespace = name.find("std::__1::");
  if (inline_namespace == 0) name.erase(5, 5);
  return name;
}

TypeFacts describe_type(CXType type) {
  TypeFacts facts;
  while (true) {
    facts.is_const |= clang_isConstQualifiedType(type) != 0;
    facts.is_volatile |= clang_isVolatileQualifiedType(canonical(type)) != 0;
    const CXType plain = canonical(type);
    CXType element = clang_getArrayElementType(plain);
    uint64_t length = static_cast<uint64_t>(std::max(0LL, clang_getArraySize(plain)));
    if (plain.kind == CXType_Record && plain_std(type_name(plain)).starts_with("std::array<")) {
      element = clang_Type_getTemplateArgumentAsType(plain, 0);
      length = size_of(element) == 0 ? 0 : size_of(plain) / size_of(element);
    }
    if (element.kind == CXType_Invalid) break;
    facts.array_length = std::max<uint64_t>(facts.array_length, 1) * length;
    type = element;
  }
  facts.is_atomic = is_atomic_type(type);
  facts.lock = lock_class_of(type);
  const CXType plain = canonical(type);
  facts.record = plain.kind == CXType_Record ? clang_getTypeDeclaration(plain) : null_cursor();
  return facts;
}

}  // namespace

CXCursor visible_declaration(CXCursor record) {
  const CXCursor pattern = clang_getSpecializedCursorTemplate(record);
  const CXCursor visible = is_null(pattern) ? record : pattern;
  const CXCursor definition = clang_getCursorDefinition(visible);
  return is_null(definition) ? visible : definition;
}

LockClass lock_class_of(CXType type) {
  const LockClass by_typedef = lock_by_typedef(type);
  if (by_typedef != LockClass::kNone) return by_typedef;
  const CXType plain = unqualified(canonical(type));
  if (plain.kind != CXType_Record) return LockClass::kNone;
  const std::string name = plain_std(type_name(plain));
  const LockClass lock = known_lock(name);
  return lock != LockClass::kNone ? lock : wrapped_lock(plain, name);
}

bool is_atomic_type(CXType type) {
  const CXType plain = canonical(type);
  if (plain.kind == CXType_Atomic) return true;
  if (plain.kind != CXType_Record) return false;
  const std::string name = plain_std(type_name(unqualified(plain)));
  return name.starts_with("std::atomic<") || name.starts_with("std::__atomic_base<") ||
         name.starts_with("std::__atomic_float<") || name == "std::atomic_flag" ||
         name == "std::__atomic_flag_base";
}

bool is_atomic_ref_type(CXType type) {
  const std::string name = plain_std(type_name(unqualified(canonical(type))));
  return name.starts_with("std::atomic_ref<") || name.starts_with("std::__atomic_ref<");
}

bool is_lock_guard(CXType type) {
  const CXType plain = unqualified(canonical(type));
  if (plain.kind != CXType_Record) return false;
  const std::string name = plain_std(type_name(plain));
  for (std::string_view guard :
       {"std::lock_guard<", "std::scoped_lock<", "std::unique_lock<", "std::shared_lock<"})
    if (name.starts_with(guard)) return true;
  if (is_std(name)) return false;
  static CursorMap<bool> known;
  const CXCursor declaration = clang_getTypeDeclaration(plain);
  auto [place, is_new] = known.try_emplace(declaration, false);
  if (!is_new) return place->second;
  const bool is_guard = has_destructor_and_lock_pointer(plain);
  known[declaration] = is_guard;
  return is_guard;
}

uint64_t size_of(CXType type) {
  const long long size = clang_Type_getSizeOf(type);
  return size < 0 ? 0 : static_cast<uint64_t>(size);
}

uint64_t align_of(CXType type) {
  const long long align = clang_Type_getAlignOf(type);
  return align < 0 ? 0 : static_cast<uint64_t>(align);
}

TypeFacts facts_of_type(CXType type) {
  // Keyed by libclang's handle of the type as written: typedefs name locks.
  static std::unordered_map<const void*, TypeFacts> known;
  if (const auto found = known.find(type.data[0]); found != known.end()) return found->second;
  return known.emplace(type.data[0], describe_type(type)).first->second;
}

}  // namespace quarrel
