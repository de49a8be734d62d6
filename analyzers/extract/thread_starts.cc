// Does a call start a thread, and which function does that thread run?
#include "extract/thread_starts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "extract/callables.h"
#include "extract/name_parts.h"
#include "extract/names.h"
#include "extract/object_path.h"

namespace quarrel {
namespace {

struct StartShape {
  std::string mechanism;  ///< empty: no thread start
  unsigned callable = 0;  ///< index of the argument that is the function
  bool is_many = false;
  bool is_guessed = false;
};

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <size_t N>
bool has_word(const std::vector<std::string>& words, const std::array<std::string_view, N>& some) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return is_one_of(word, some); });
}

std::string_view thread_type_in(std::string_view name) {
  if (name.find("std::jthread") != std::string_view::npos) return "std::jthread";
  if (name.find("std::thread") != std::string_view::npos) return "std::thread";
  return {};
}

/// "pool" of "ns::ThreadPool<int>", in its last place.
std::vector<std::string> words_of_class(const std::string& name) {
  std::string own = name.substr(0, name.find('<'));
  const size_t scope = own.rfind("::");
  if (scope != std::string::npos) own = own.substr(scope + 2);
  return name_parts(own);
}

CXCursor object_of_call(CXCursor call) {
  const std::vector<CXCursor> parts = expressions_in(call);
  return parts.empty() ? null_cursor() : base_of_member(strip(parts[0]));
}

StartShape emplace_shape(CXCursor call) {
  const CXCursor base = object_of_call(call);
  if (is_null(base)) return {};
  const std::string container = type_name(pointee(type_of(strip(base))));
  return {.mechanism = std::string(thread_type_in(container))};
}

StartShape async_shape(CXCursor call) {
  const std::string first = type_name(type_of(strip(clang_Cursor_getArgument(call, 0))));
  return {.mechanism = "std::async", .callable = first == "std::launch" ? 1u : 0u};
}

/// The first argument that can be called, or the number of arguments.
unsigned first_callable(CXCursor call) {
  const auto count = static_cast<unsigned>(std::max(0, clang_Cursor_getNumArguments(call)));
  for (unsigned i = 0; i < count; ++i)
    if (is_callable_type(type_of(strip(clang_Cursor_getArgument(call, i))))) return i;
  return count;
}

/// `boost::thread(f)`, `Thread(f)`
StartShape constructor_shape(CXCursor call, CXCursor callee) {
  const std::string scope = qualified_name(clang_getCursorSemanticParent(callee));
  const std::string_view standard = thread_type_in(scope);
  if (!standard.empty()) return {.mechanism = std::string(standard)};
  const std::vector<std::string> words = words_of_class(scope);
  if (words.empty() || (words.back() != "thread" && words.back() != "jthread")) return {};
  return {.mechanism = scope, .callable = first_callable(call), .is_guessed = true};
}

/// pool.submit(f), executor->execute(f), boost::asio::post(pool, f)
StartShape executor_shape(CXCursor call, const std::string& name) {
  static constexpr std::array<std::string_view, 12> kVerbs = {
      "add",      "submit", "post",  "enqueue", "schedule", "execute",
      "dispatch", "async",  "spawn", "detach",  "run",      "launch"};
  static constexpr std::array<std::string_view, 9> kExecutors = {
      "executor", "pool", "scheduler", "workers", "arena", "group", "taskflow", "queue", "strand"};
  static constexpr std::array<std::string_view, 2> kSerial = {"queue", "strand"};
  const std::vector<std::string> verb = name_parts(name);
  if (verb.empty() || !is_one_of(verb.front(), kVerbs)) return {};
  const CXCursor base = object_of_call(call);
  const CXCursor object = is_null(base) ? clang_Cursor_getArgument(call, 0) : base;
  std::string type = type_name(pointee(type_of(strip(object))));
  type = type.substr(0, type.find('<'));
  const std::vector<std::string> words = words_of_class(type);
  if (!has_word(words, kExecutors)) return {};
  return {.mechanism = type + "::" + name,
          .callable = first_callable(call),
          .is_many = !has_word(words, kSerial),
          .is_guessed = true};
}

StartShape parallel_shape(CXCursor call, const std::string& name) {
  const std::vector<std::string> words = name_parts(name);
  const bool is_parallel = words.size() > 1 && words[0] == "parallel";
  const bool has_policy =
      type_name(pointee(type_of(strip(clang_Cursor_getArgument(call, 0))))).find("execution::") !=
          std::string::npos &&
      name.find("for_each") != std::string::npos;
  if (!is_parallel && !has_policy) return {};
  return {.mechanism = name, .callable = first_callable(call), .is_many = true, .is_guessed = true};
}

/// uv_thread_create, g_thread_new, rte_eal_remote_launch, CreateThread
StartShape creator_shape(CXCursor call, const std::string& name) {
  static constexpr std::array<std::string_view, 5> kThreads = {"thread", "kthread", "thrd", "lcore",
                                                               "remote"};
  static constexpr std::array<std::string_view, 9> kVerbs = {
      "create", "new", "start", "spawn", "launch", "run", "begin", "fork", "pinned"};
  const std::vector<std::string> words = name_parts(name);
  const bool is_begin = words.size() > 1 && words[0] == "beginthreadex";
  if (!is_begin && (!has_word(words, kThreads) || !has_word(words, kVerbs))) return {};
  return {.mechanism = name, .callable = first_callable(call), .is_guessed = true};
}

StartShape shape_of(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || clang_Cursor_getNumArguments(call) < 1) return {};
  const std::string name = spelling_of(callee);
  if (clang_getCursorKind(callee) == CXCursor_Constructor) return constructor_shape(call, callee);
  if (!is_function(callee)) return {};
  if (name == "emplace_back" || name == "emplace") return emplace_shape(call);
  if (name == "async" && qualified_name(callee) == "std::async") return async_shape(call);
  if (name == "pthread_create") return {.mechanism = name, .callable = 2};
  if (name == "thrd_create") return {.mechanism = name, .callable = 1};
  for (const auto& find : {parallel_shape, executor_shape, creator_shape})
    if (StartShape shape = find(call, name); !shape.mechanism.empty()) return shape;
  return {};
}

bool is_thread_class(CXCursor record) {
  const std::vector<std::string> words = words_of_class(spelling_of(record));
  return !words.empty() && (words.back() == "thread" || words.back() == "runnable");
}

}  // namespace

std::vector<CXCursor> arguments_for_thread(CXCursor call) {
  const StartShape shape = shape_of(call);
  std::vector<CXCursor> arguments;
  if (shape.mechanism.empty()) return arguments;
  const int count = clang_Cursor_getNumArguments(call);
  for (int i = static_cast<int>(shape.callable) + 1; i < count; ++i)
    arguments.push_back(clang_Cursor_getArgument(call, static_cast<unsigned>(i)));
  return arguments;
}

std::optional<ThreadStart> thread_start(CXCursor call) {
  StartShape shape = shape_of(call);
  const auto count = static_cast<unsigned>(std::max(0, clang_Cursor_getNumArguments(call)));
  if (shape.mechanism.empty() || shape.callable >= count) return std::nullopt;
  ThreadStart start{.mechanism = std::move(shape.mechanism),
                    .callable = clang_Cursor_getArgument(call, shape.callable),
                    .is_many = shape.is_many,
                    .is_guessed = shape.is_guessed};
  // Moving a thread into place starts none.
  if (!thread_type_in(type_name(pointee(type_of(strip(start.callable))))).empty())
    return std::nullopt;
  if (shape.callable + 1 < count)
    start.argument = clang_Cursor_getArgument(call, shape.callable + 1);
  return start;
}

std::string thread_class_method(CXCursor method) {
  static constexpr std::array<std::string_view, 8> kBodies = {
      "run", "Run", "main", "Main", "Entry", "entry", "threadMain", "ThreadMain"};
  if (!is_one_of(spelling_of(method), kBodies)) return {};
  CXCursor* overridden = nullptr;
  unsigned count = 0;
  clang_getOverriddenCursors(method, &overridden, &count);
  std::string name;
  for (unsigned i = 0; i < count; ++i) {
    const CXCursor base = clang_getCursorSemanticParent(overridden[i]);
    if (is_thread_class(base)) name = qualified_name(base) + "::" + spelling_of(method);
  }
  clang_disposeOverriddenCursors(overridden);
  return name;
}

}  // namespace quarrel
