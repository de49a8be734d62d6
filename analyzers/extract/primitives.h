// Which functions and macros are known to access, lock or start threads, by name alone?
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/source_facts.h"

namespace quarrel {

/// Names are patterns: `*` stands for any characters. Arguments count from 1.
struct AccessPrimitive {
  std::string name;
  size_t object_argument = 1;  ///< the object, or its address
  SourceAccess access = SourceAccess::kReadModifyWrite;
  MemoryOrder order = MemoryOrder::kUnknown;
};

struct LockPrimitive {
  std::string acquire;
  std::string release;
  size_t argument = 1;  ///< the lock, or its address
  LockMode mode = LockMode::kExclusive;
};

struct LockType {
  std::string name;  ///< of the type as written
  LockClass kind = LockClass::kMutex;
};

/// A function that runs one of its arguments in a thread, or hands it to one.
struct ThreadPrimitive {
  std::string name;  ///< unqualified, or "Class::method"
  size_t entry_argument = 1;
  size_t passed_argument = 0;  ///< what the entry gets; 0: nothing that is known
  bool is_many = false;
};

struct Primitives {
  std::vector<AccessPrimitive> accesses;
  std::vector<LockPrimitive> locks;
  std::vector<LockType> lock_types;
  std::vector<ThreadPrimitive> threads;
  std::vector<std::string> ignored_paths;  ///< units below these are left out
  std::string text;  ///< where they were read from, so that other ones can be told from these
};

/// What is in force: well-known families of functions, and what the project adds. The workers of a
/// scan inherit it.
class PrimitiveRegistry {
 public:
  static PrimitiveRegistry& instance();

  void add_project(Primitives project);

  /// The project's come first. A macro's name is asked for only if the project lists any.
  const AccessPrimitive* access(std::string_view name) const;
  const LockPrimitive* lock(std::string_view name, bool& is_release) const;
  const ThreadPrimitive* thread(std::string_view name, std::string_view qualified_name) const;
  LockClass lock_type(std::string_view name) const;
  bool has_project() const { return !project_.text.empty(); }

 private:
  PrimitiveRegistry();

  /// Code calls the same few functions all the time.
  mutable std::unordered_map<std::string, const AccessPrimitive*> found_;
  Primitives known_;
  Primitives project_;
};

/// The built-in table: public interfaces of well-known libraries.
Primitives known_primitives();

bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace quarrel
