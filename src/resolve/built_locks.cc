// Which locks are made of a condition variable or a semaphore, so that waiting for them looks like
// waiting for an event?
//
// Java's monitors and PostgreSQL's LWLocks have a queue in the lock and a place to sleep in each
// thread; the interpreter lock of Python is a flag beside a condition variable. Python's own locks
// and Java's parked threads may be both: Condition and Queue are made of the same locks.
#include "resolve/built_locks.h"

#include <algorithm>
#include <array>

namespace quarrel {
namespace {

// Between the primitive and the function that takes the lock stand at most these many frames.
constexpr size_t kFramesSearched = 12;

constexpr BuiltLock kInterpreterLock{
    .function = "take_gil", .noun = "global interpreter lock of Python", .is_whole_name = true};

// Python: ceval_gil.h, thread_pthread.h (3.7 to 3.13). OpenJDK 17: objectMonitor.cpp, unsafe.cpp.
// PostgreSQL: lwlock.c (9.5 to 17).
constexpr BuiltLock kBuiltLocks[] = {
    kInterpreterLock,
    {.function = "PyThread_acquire_lock",
     .kind = WaitKind::kOther,
     .noun = "lock, condition or queue of Python code"},
    {.function = "ObjectMonitor::enter", .noun = "Java monitor", .waits_by_own_word = true},
    {.function = "ObjectMonitor::EnterI", .noun = "Java monitor", .waits_by_own_word = true},
    {.function = "ObjectMonitor::ReenterI", .noun = "Java monitor", .waits_by_own_word = true},
    {.function = "Unsafe_Park",
     .kind = WaitKind::kOther,
     .noun = "parked Java thread",
     .waits_by_own_word = true},
    {.function = "LWLock", .noun = "LWLock of PostgreSQL", .waits_by_own_word = true},
};

bool is_of_glibc(std::string_view function) {
  constexpr std::array<std::string_view, 6> kStarts = {"libc.so",       "libc-",  "libpthread",
                                                       "pthread_cond_", "futex_", "syscall"};
  function.remove_prefix(std::min(function.find_first_not_of('_'), function.size()));
  return std::ranges::any_of(kStarts, [&](auto start) { return function.starts_with(start); });
}

// take_gil() is a local function, which a stripped interpreter does not name; nothing else in it
// waits for a condition variable.
bool is_unnamed_interpreter(std::string_view function) {
  return (function.starts_with("python3") || function.starts_with("libpython3")) &&
         function.find("+0x") != std::string_view::npos;
}

bool waits_for_condition_of(std::span<const std::string_view> functions, size_t depth) {
  return depth > 0 && functions[depth - 1].find("pthread_cond_") != std::string_view::npos;
}

}  // namespace

const BuiltLock* built_lock(std::span<const std::string_view> functions) {
  const size_t depth =
      static_cast<size_t>(std::ranges::find_if_not(functions, is_of_glibc) - functions.begin());
  if (depth < functions.size() && is_unnamed_interpreter(functions[depth]) &&
      waits_for_condition_of(functions, depth))
    return &kInterpreterLock;
  for (std::string_view function : functions.first(std::min(functions.size(), kFramesSearched)))
    for (const BuiltLock& lock : kBuiltLocks)
      if (function.starts_with(lock.function)) return &lock;
  return nullptr;
}

}  // namespace quarrel
