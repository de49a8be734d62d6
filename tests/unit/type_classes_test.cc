// Which type names stand for atomics and locks?
#include "resolve/type_classes.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

TEST(TypeClasses, AtomicsOfEachLanguageAreKnown) {
  for (const char* name :
       {"std::atomic<long>", "std::atomic_flag", "core::sync::atomic::AtomicU64",
        "core::sync::atomic::Atomic<u64>", "sync/atomic.Int64", "runtime/internal/atomic.Uint32",
        "atomic_uint", "atomic_uint_fast32_t", "QAtomicInt", "boost::atomics::atomic<int>"})
    EXPECT_TRUE(class_of_type_name(name).is_atomic) << name;
}

TEST(TypeClasses, LocksOfEachLanguageAreKnownWithTheirKind) {
  EXPECT_EQ(class_of_type_name("std::mutex").lock, LockClass::kMutex);
  EXPECT_EQ(class_of_type_name("std::shared_mutex").lock, LockClass::kSharedMutex);
  EXPECT_EQ(class_of_type_name("pthread_spinlock_t").lock, LockClass::kSpin);
  EXPECT_EQ(class_of_type_name("std::sync::poison::mutex::Mutex<u32>").lock, LockClass::kMutex);
  EXPECT_EQ(class_of_type_name("std::sys::sync::mutex::futex::Mutex").lock, LockClass::kMutex);
  EXPECT_EQ(class_of_type_name("sync.RWMutex").lock, LockClass::kSharedMutex);
  EXPECT_EQ(class_of_type_name("absl::lts_20240116::Mutex").lock, LockClass::kMutex);
  EXPECT_EQ(class_of_type_name("tbb::detail::d1::spin_mutex").lock, LockClass::kSpin);
}

TEST(TypeClasses, NamesThatOnlyLookAlikeAreNeither) {
  for (const char* name :
       {"std::atomic_ref<int>", "std::lock_guard<std::mutex>", "core::sync::atomic::Ordering",
        "absl::MutexLock", "app::std::mutex", "std::mutex_like", "Mutex", "atomic_queue",
        "sync.Mutexes", "std::sync::mutex::MutexGuard<u32>"}) {
    EXPECT_FALSE(class_of_type_name(name).is_atomic) << name;
    EXPECT_EQ(class_of_type_name(name).lock, LockClass::kNone) << name;
  }
}

TEST(TypeClasses, TypesOfStandardLibrariesAreNotTheProgramsOwn) {
  for (const char* name : {"std::vector<int>", "alloc::vec::Vec<u8>", "runtime.g", "__va_list_tag"})
    EXPECT_TRUE(is_library_type_name(name)) << name;
  for (const char* name : {"[]string", "sync.Map", "&str", "map[string]int", "(u32, u64)"})
    EXPECT_TRUE(is_undeclared_library_type_name(name)) << name;
  for (const char* name : {"main.Counters", "app::Cache", "example.com/pool.Worker", "sync_state"})
    EXPECT_FALSE(is_library_type_name(name) || is_undeclared_library_type_name(name)) << name;
}

}  // namespace
}  // namespace quarrel
