// Which type names stand for atomics and locks, in C, C++, Rust and Go?
#include "resolve/type_classes.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr TypeClass kAtomic{.is_atomic = true};
constexpr TypeClass kMutex{.lock = LockClass::kMutex};
constexpr TypeClass kShared{.lock = LockClass::kSharedMutex};
constexpr TypeClass kSpin{.lock = LockClass::kSpin};

/// "*" stands for any text, also none. The first that matches counts.
struct NamedClass {
  std::string_view pattern;
  TypeClass type;
};

constexpr NamedClass kClasses[] = {
    // C++ standard libraries.
    {"std::atomic<*", kAtomic},
    {"std::atomic_flag", kAtomic},
    {"std::__atomic_base<*", kAtomic},
    {"std::__atomic_float<*", kAtomic},
    {"std::__atomic_flag_base", kAtomic},
    {"std::mutex", kMutex},
    {"std::timed_mutex", kMutex},
    {"std::recursive_mutex", kMutex},
    {"std::recursive_timed_mutex", kMutex},
    {"std::shared_mutex", kShared},
    {"std::shared_timed_mutex", kShared},
    // Rust. A Mutex holds its data, too; the lock word comes first.
    {"core::sync::atomic::Atomic*", kAtomic},
    {"std::sync::mutex::Mutex<*", kMutex},
    {"std::sync::*::mutex::Mutex<*", kMutex},
    {"std::sync::rwlock::RwLock<*", kShared},
    {"std::sync::*::rwlock::RwLock<*", kShared},
    {"std::sys::*utex::Mutex", kMutex},
    {"std::sys::*utex::RwLock", kShared},
    {"lock_api::mutex::Mutex<*", kMutex},
    {"lock_api::rwlock::RwLock<*", kShared},
    {"spin::mutex::Mutex<*", kSpin},
    {"spin::rwlock::RwLock<*", kSpin},
    // Go.
    {"sync/atomic.*", kAtomic},
    {"runtime/internal/atomic.*", kAtomic},
    {"internal/runtime/atomic.*", kAtomic},
    {"sync.Mutex", kMutex},
    {"internal/sync.Mutex", kMutex},
    {"sync.RWMutex", kShared},
    {"runtime.mutex", kMutex},
    {"runtime.rwmutex", kShared},
    // C. The typedefs of <stdatomic.h> tell what DWARF before version 5 does not: _Atomic.
    {"pthread_mutex_t", kMutex},
    {"mtx_t", kMutex},
    {"pthread_rwlock_t", kShared},
    {"pthread_spinlock_t", kSpin},
    {"atomic_flag", kAtomic},
    {"atomic_bool", kAtomic},
    {"atomic_char*", kAtomic},
    {"atomic_*char", kAtomic},
    {"atomic_*short", kAtomic},
    {"atomic_int", kAtomic},
    {"atomic_uint", kAtomic},
    {"atomic_*long", kAtomic},
    {"atomic_wchar_t", kAtomic},
    {"atomic_int_*_t", kAtomic},
    {"atomic_uint_*_t", kAtomic},
    {"atomic_*ptr_t", kAtomic},
    {"atomic_size_t", kAtomic},
    {"atomic_ptrdiff_t", kAtomic},
    {"atomic_*intmax_t", kAtomic},
    // Libraries in wide use; versions stand in inline namespaces.
    {"boost::atomic<*", kAtomic},
    {"boost::atomics::atomic<*", kAtomic},
    {"boost::mutex", kMutex},
    {"boost::recursive_mutex", kMutex},
    {"boost::timed_mutex", kMutex},
    {"boost::shared_mutex", kShared},
    {"absl::*Mutex", kMutex},
    {"absl::*base_internal::SpinLock", kSpin},
    {"folly::SharedMutexImpl<*", kShared},
    {"folly::MicroLock*", kSpin},
    {"folly::SpinLock", kSpin},
    {"folly::MicroSpinLock", kSpin},
    {"tbb::*spin_mutex", kSpin},
    {"tbb::*queuing_mutex", kSpin},
    {"tbb::*rw_mutex", kShared},
    {"tbb::*mutex", kMutex},
    {"QBasicAtomic*", kAtomic},
    {"QAtomic*", kAtomic},
    {"QBasicMutex", kMutex},
    {"QMutex", kMutex},
    {"QRecursiveMutex", kMutex},
    {"QReadWriteLock", kShared},
};

constexpr std::string_view kLibraryNames[] = {
    "std::", "__", "_IO_", "core::", "alloc::", "hashbrown::", "runtime.", "internal/", "runtime/"};

constexpr std::string_view kUndeclaredNames[] = {
    "&",       "*",          "(",      "<",      "[",     "dyn ",   "hash<",
    "bucket<", "hchan<",     "sudog<", "waitq<", "map",   "noalg.", "func(",
    "string",  "interface ", "chan ",  "eface",  "iface", "type..", "_type"};

/// Top folders of Go's standard library.
constexpr std::string_view kGoPackages[] = {
    "archive", "bufio",   "bytes",    "compress", "container", "context", "crypto", "database",
    "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",    "go",
    "hash",    "html",    "image",    "index",    "internal",  "io",      "log",    "math",
    "mime",    "net",     "os",       "path",     "plugin",    "reflect", "regexp", "runtime",
    "sort",    "strconv", "strings",  "sync",     "syscall",   "testing", "text",   "time",
    "unicode", "unsafe",  "vendor"};

constexpr std::string_view kLibraryPaths[] = {"/usr/include/", "/usr/lib/", "/usr/local/include/",
                                              "/usr/share/go", "/rustc/",   "/usr/local/go/"};

/// A pattern has at most two "*": each stands for the shortest text, the last for all that is left.
bool matches(std::string_view name, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  name.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  for (size_t at = 0; at <= name.size(); ++at)
    if (matches(name.substr(at), pattern)) return true;
  return false;
}

template <class List>
bool starts_with_any(std::string_view text, const List& list) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

TypeClass class_of_type_name(std::string_view name) {
  for (const NamedClass& known : kClasses)
    if (matches(name, known.pattern)) return known.type;
  return {};
}

bool is_library_type_name(std::string_view name) {
  return starts_with_any(name, kLibraryNames);
}

bool is_undeclared_library_type_name(std::string_view name) {
  if (starts_with_any(name, kUndeclaredNames)) return true;
  const size_t end = name.find_first_of("./");
  if (end == std::string_view::npos || name.find("::") != std::string_view::npos) return false;
  const std::string_view package = name.substr(0, end);
  return std::find(std::begin(kGoPackages), std::end(kGoPackages), package) !=
         std::end(kGoPackages);
}

bool is_library_path(std::string_view path) {
  return starts_with_any(path, kLibraryPaths);
}

}  // namespace quarrel
