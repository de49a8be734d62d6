// Which functions of C, C++ and other runtimes wait, and for what?
#include "resolve/wait_functions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "resolve/built_locks.h"
#include "resolve/member_path.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

// How a known function bears on those around it.
enum class Say : uint8_t {
  kDecides,  // whatever calls it
  kBegins,   // a layer that other primitives are built on: its callers may say more
  kRefines,  // decides, and says more than a layer below it
};

struct WaitFunction {
  std::string_view name;
  WaitKind kind;
  Say say = Say::kDecides;
};

// glibc, by how the name starts, without leading underscores.
constexpr WaitFunction kLibraryFunctions[] = {
    {"pthread_cond_", WaitKind::kCondvar},
    {"pthread_mutex_", WaitKind::kMutex},
    {"lll_lock_wait", WaitKind::kMutex},
    {"pthread_rwlock_rd", WaitKind::kRwlockRead},
    {"pthread_rwlock_timedrd", WaitKind::kRwlockRead},
    {"pthread_rwlock_clockrd", WaitKind::kRwlockRead},
    {"pthread_rwlock_wr", WaitKind::kRwlockWrite},
    {"pthread_rwlock_timedwr", WaitKind::kRwlockWrite},
    {"pthread_rwlock_clockwr", WaitKind::kRwlockWrite},
    {"new_sem_", WaitKind::kSemaphore},
    {"sem_wait", WaitKind::kSemaphore},
    {"sem_timedwait", WaitKind::kSemaphore},
    {"sem_clockwait", WaitKind::kSemaphore},
    {"pthread_join", WaitKind::kJoin},
    {"pthread_timedjoin", WaitKind::kJoin},
    {"pthread_clockjoin", WaitKind::kJoin},
    {"pthread_barrier_", WaitKind::kBarrier},
    {"pthread_once", WaitKind::kCallOnce},
    {"cxa_guard_acquire", WaitKind::kCallOnce},
    {"mtx_", WaitKind::kMutex},
    {"cnd_", WaitKind::kCondvar},
};

// libgomp, likewise.
constexpr WaitFunction kTeamFunctions[] = {
    {"GOMP_critical", WaitKind::kMutex},     {"GOMP_atomic_start", WaitKind::kMutex},
    {"omp_set_", WaitKind::kMutex},          {"gomp_mutex_lock", WaitKind::kMutex, Say::kBegins},
    {"GOMP_ordered", WaitKind::kSemaphore},  {"gomp_ordered", WaitKind::kSemaphore},
    {"gomp_sem_wait", WaitKind::kSemaphore}, {"GOMP_", WaitKind::kBarrier},
    {"gomp_", WaitKind::kBarrier},
};

// libstdc++, by how the name starts. Barrier, semaphore and latch are built on the atomic wait.
constexpr WaitFunction kStandardFunctions[] = {
    {"std::barrier", WaitKind::kBarrier, Say::kRefines},
    {"std::__tree_barrier", WaitKind::kBarrier, Say::kRefines},
    {"std::counting_semaphore", WaitKind::kSemaphore, Say::kRefines},
    {"std::__atomic_semaphore", WaitKind::kSemaphore, Say::kRefines},
    {"std::latch", WaitKind::kLatch, Say::kRefines},
    {"std::__atomic_futex_unsigned", WaitKind::kFuture},
    {"std::__atomic_wait", WaitKind::kAtomicWait, Say::kBegins},
    {"std::__atomic_base", WaitKind::kAtomicWait, Say::kBegins},
    {"std::__detail::__waiter", WaitKind::kAtomicWait, Say::kBegins},
    {"std::__detail::__platform_wait", WaitKind::kAtomicWait, Say::kBegins},
    {"std::atomic", WaitKind::kAtomicWait, Say::kBegins},
    {"std::condition_variable", WaitKind::kCondvar},
};

// Other runtimes, by a part of the name: their namespaces carry versions.
constexpr WaitFunction kRuntimeFunctions[] = {
    {"Mutex::LockSlow", WaitKind::kMutex, Say::kBegins},
    {"Mutex::ReaderLock", WaitKind::kRwlockRead, Say::kRefines},
    {"Mutex::Await", WaitKind::kCondvar, Say::kRefines},
    {"Mutex::LockWhen", WaitKind::kCondvar, Say::kRefines},
    {"Mutex::ReaderLockWhen", WaitKind::kCondvar, Say::kRefines},
    {"CondVar::Wait", WaitKind::kCondvar},
    {"Mutex::lock_contended", WaitKind::kMutex},
    {"RwLock::read_contended", WaitKind::kRwlockRead},
    {"RwLock::write_contended", WaitKind::kRwlockWrite},
    {"futex::Condvar::wait", WaitKind::kCondvar, Say::kBegins},
    {"sync::barrier::Barrier::wait", WaitKind::kBarrier, Say::kRefines},
    {"futex::Once::call", WaitKind::kCallOnce},
    {"futex::Once::wait", WaitKind::kCallOnce},
    {"sync::once::wait", WaitKind::kCallOnce, Say::kRefines},
    {"sync::once::Once::call_inner", WaitKind::kCallOnce, Say::kRefines},
    {"std::sync::mpsc::", WaitKind::kChannel, Say::kRefines},
    {"std::sync::mpmc::", WaitKind::kChannel, Say::kRefines},
    {"Parker::park", WaitKind::kPark, Say::kBegins},
    {"RawMutex::lock_slow", WaitKind::kMutex},
    {"RawRwLock::lock_shared_slow", WaitKind::kRwlockRead},
    {"RawRwLock::lock_exclusive_slow", WaitKind::kRwlockWrite},
    {"RawRwLock::lock_upgradable_slow", WaitKind::kRwlockWrite},
    {"condvar::Condvar::wait", WaitKind::kCondvar, Say::kBegins},
    {"once::Once::call_once_slow", WaitKind::kCallOnce},
};

bool has_word(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

std::string_view without_underscores(std::string_view function) {
  return function.substr(std::min(function.find_first_not_of('_'), function.size()));
}

const WaitFunction* starting_entry(std::span<const WaitFunction> table, std::string_view function) {
  for (const WaitFunction& entry : table)
    if (function.starts_with(entry.name)) return &entry;
  return nullptr;
}

const WaitFunction* library_function(std::string_view function) {
  return starting_entry(kLibraryFunctions, without_underscores(function));
}

// Tail calls drop the primitive's own frame, but its lambda is an argument of the template.
constexpr WaitFunction kStandardArguments[] = {
    {"std::latch::", WaitKind::kLatch, Say::kRefines},
    {"std::__atomic_semaphore::", WaitKind::kSemaphore, Say::kRefines},
    {"std::__barrier_phase_t", WaitKind::kBarrier, Say::kRefines},
    {"std::__tree_barrier", WaitKind::kBarrier, Say::kRefines},
};

const WaitFunction* other_function(std::string_view function) {
  if (function.starts_with("std::__atomic_wait_address"))
    for (const WaitFunction& entry : kStandardArguments)
      if (has_word(function, entry.name)) return &entry;
  if (const WaitFunction* entry = starting_entry(kStandardFunctions, function)) return entry;
  if (const WaitFunction* entry = starting_entry(kTeamFunctions, function)) return entry;
  if (function.find("::") == std::string_view::npos) return nullptr;
  for (const WaitFunction& entry : kRuntimeFunctions)
    if (function.find(entry.name) != std::string_view::npos) return &entry;
  return nullptr;
}

// "lock_slow", "Acquire" is not enough: the name itself must say lock, and not that it does
// without.
bool says_lock(std::string_view function) {
  std::string name(last_component(function));
  if (const size_t open = name.find('<'); open != std::string::npos) name.resize(open);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  for (std::string_view other : {"unlock", "lock_free", "lockfree", "block", "clock", "lockless"})
    if (has_word(name, other)) return false;
  return has_word(name, "lock") || has_word(name, "mutex");
}

// "SpinLock" for "app::SpinLock::wait".
std::string_view class_of(std::string_view function) {
  const std::string_view last = last_component(function);
  if (last.size() + 2 >= function.size()) return {};
  return function.substr(0, function.size() - last.size() - 2);
}

// The program's own function around the futex call decides: wrappers of the call say nothing.
WaitKind kind_of_own_code(std::span<const std::string_view> functions) {
  for (std::string_view function : functions) {
    const std::string_view own = last_component(function);
    if (function.starts_with("std::") || own == "syscall" || has_word(own, "futex") ||
        has_word(function, "+0x"))
      continue;
    const std::string_view record = class_of(function);
    if (record.ends_with("ondVar") || record.ends_with("ondvar")) return WaitKind::kCondvar;
    if (record.ends_with("emaphore")) return WaitKind::kSemaphore;
    return says_lock(function) || is_lock_name(record) ? WaitKind::kOwnLock : WaitKind::kOther;
  }
  return WaitKind::kOther;
}

// Between the sleep and the function that the program called stand at most these many frames.
constexpr size_t kFramesInLibrary = 4;
constexpr std::array kAllocatorFunctions = {
    "libc_malloc", "malloc",   "libc_calloc",  "calloc",     "libc_realloc",
    "realloc",     "int_free", "int_realloc",  "libc_free",  "free",
    "cfree",       "memalign", "mid_memalign", "arena_get2", "libc_memalign",
    "malloc_trim", "mtrim",    "int_malloc",   "sysmalloc"};
constexpr std::array kStreamFunctions = {
    "fputs",     "IO_fputs",  "fwrite",   "IO_fwrite", "vfprintf", "vfprintf_internal",
    "fputc",     "IO_putc",   "putc",     "puts",      "IO_puts",  "fflush",
    "IO_fflush", "flockfile", "fread",    "fgets",     "getc",     "putchar",
    "IO_getc",   "fclose",    "IO_fread", "IO_fgets",  "fgetc",    "getline"};

bool is_among(std::span<const char* const> names, std::string_view function) {
  return std::ranges::any_of(names, [&](std::string_view name) { return name == function; });
}

// Code of an OpenMP runtime without symbols: "libgomp.so.1.0.0+0x1f823".
bool is_unnamed_team_code(std::string_view function) {
  return function.starts_with("libgomp.so") || function.starts_with("libomp.so");
}

}  // namespace

std::optional<WaitMeaning> meaning_of_stack(std::span<const std::string_view> functions) {
  std::optional<WaitMeaning> begun;
  for (std::string_view function : functions) {
    const WaitFunction* known = library_function(function);
    const bool is_of_glibc = known != nullptr || function.starts_with("std::condition_variable");
    if (known == nullptr) known = other_function(function);
    if (known == nullptr) continue;
    const WaitMeaning meaning{known->kind, is_of_glibc};
    if (known->say == Say::kRefines || (!begun && known->say == Say::kDecides)) return meaning;
    if (!begun) begun = meaning;
  }
  // The threads of a team sleep in nothing but the runtime's own code.
  if (!begun && std::ranges::any_of(functions, is_unnamed_team_code))
    return WaitMeaning{WaitKind::kBarrier, false};
  const bool may_be_own =
      begun ? begun->kind == WaitKind::kAtomicWait : is_own_futex_call(functions);
  if (!may_be_own) return begun;
  const WaitKind own = kind_of_own_code(functions);
  if (begun && own == WaitKind::kOther) return begun;
  return WaitMeaning{own, false};
}

bool is_own_futex_call(std::span<const std::string_view> functions) {
  return !functions.empty() && functions.front() == "syscall";
}

bool waits_by_own_word(std::span<const std::string_view> functions) {
  if (const BuiltLock* lock = built_lock(functions)) return lock->waits_by_own_word;
  constexpr std::array<std::string_view, 10> kParts = {"Mutex::LockSlow",
                                                       "Mutex::Block",
                                                       "CondVar::Wait",
                                                       "parking_lot::raw_mutex",
                                                       "raw_rwlock::RawRwLock",
                                                       "parking_lot::condvar",
                                                       "parking_lot::once",
                                                       "std::sync::once::wait",
                                                       "std::sync::once::Once::call_inner",
                                                       "Parker::park"};
  return std::ranges::any_of(functions, [&](std::string_view function) {
    return std::ranges::any_of(kParts,
                               [&](std::string_view part) { return has_word(function, part); });
  });
}

bool waits_for_team(std::span<const std::string_view> functions) {
  const auto meaning = meaning_of_stack(functions);
  return meaning && meaning->kind == WaitKind::kBarrier &&
         std::ranges::any_of(functions, [](std::string_view function) {
           return is_unnamed_team_code(function) || starting_entry(kTeamFunctions, function);
         });
}

bool awaits_at_mutex(std::span<const std::string_view> functions) {
  return std::ranges::any_of(functions, [](std::string_view function) {
    return has_word(function, "Mutex::Await") || has_word(function, "LockWhen");
  });
}

std::string_view library_lock(std::span<const std::string_view> functions) {
  for (std::string_view function : functions.first(std::min(functions.size(), kFramesInLibrary))) {
    function = without_underscores(function);
    if (function.starts_with("pthread_")) return {};
    if (function == "GOMP_critical_start") return "omp critical without a name";
    if (function == "GOMP_atomic_start") return "omp atomic";
    if (is_among(kAllocatorFunctions, function)) return kArenaLock;
    if (is_among(kStreamFunctions, function)) return "lock of a stdio stream";
  }
  return {};
}

}  // namespace quarrel
