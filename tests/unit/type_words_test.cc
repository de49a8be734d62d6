// Are locks known by the names of their types, and languages by the flags of the compiler?
#include <gtest/gtest.h>

#include "extract/language_standard.h"
#include "extract/lock_names.h"

namespace quarrel {
namespace {

TEST(LockNames, TheLastWordOfATypeSaysThatItIsALock) {
  for (const char* name : {"Mutex", "boost::mutex", "my_mutex_t", "conn_lock_t", "sys_mtx"})
    EXPECT_EQ(lock_class_of_name(name), LockClass::kMutex) << name;
  for (const char* name : {"spinlock_t", "SpinLock", "spin_t", "SPINLOCK_T", "TicketLock",
                           "tbb::spin_mutex", "raw_spinlock_t", "seqlock_t"})
    EXPECT_EQ(lock_class_of_name(name), LockClass::kSpin) << name;
  for (const char* name : {"my_rwlock", "RWLock", "ReadWriteLock", "RWSpinLock", "SharedMutex",
                           "SharedMutexImpl<false>", "queuing_rw_mutex"})
    EXPECT_EQ(lock_class_of_name(name), LockClass::kSharedMutex) << name;
}

TEST(LockNames, GuardsAndWhatOnlyMentionsALockAreNone) {
  for (const char* name : {"lock_guard<Mutex>",
                           "MutexLock",
                           "ReaderMutexLock",
                           "ScopedLock",
                           "SpinLockHolder",
                           "UniqueLock",
                           "AutoLock",
                           "MutexLocker",
                           "lock_stats_t",
                           "Clock",
                           "block_t",
                           "Block",
                           "LockManager",
                           "ReadLock",
                           "WriteLock",
                           "deadlock_detector",
                           "flock",
                           "",
                           "_",
                           "t"})
    EXPECT_EQ(lock_class_of_name(name), LockClass::kNone) << name;
}

TEST(LanguageStandard, ComesFromTheFlagElseFromTheLanguage) {
  EXPECT_EQ(language_standard_of({"clang++", "-std=gnu++2a"}, "a.cc").name, "c++20");
  EXPECT_EQ(language_standard_of({"clang"}, "a.c").name, "c17");
  EXPECT_EQ(language_standard_of({"clang"}, "a.cpp").name, "c++17");
  EXPECT_EQ(language_standard_of({"clang", "-x", "c"}, "a.cpp").name, "c17");
  EXPECT_EQ(language_standard_of({"clang++"}, "a.c").name, "c++17");
}

TEST(LanguageStandard, NewHonoursAlignmentFromCpp17Unless) {
  EXPECT_TRUE(language_standard_of({"clang++", "-std=c++17"}, "a.cc").has_aligned_new);
  EXPECT_TRUE(language_standard_of({"clang++", "-std=c++23"}, "a.cc").has_aligned_new);
  EXPECT_FALSE(language_standard_of({"clang++", "-std=c++14"}, "a.cc").has_aligned_new);
  EXPECT_FALSE(language_standard_of({"clang++", "-std=c++98"}, "a.cc").has_aligned_new);
  EXPECT_FALSE(language_standard_of({"clang", "-std=c11"}, "a.c").has_aligned_new);
  EXPECT_TRUE(
      language_standard_of({"clang++", "-std=c++14", "-faligned-new"}, "a.cc").has_aligned_new);
  EXPECT_FALSE(language_standard_of({"clang++", "-std=c++20", "-fno-aligned-allocation"}, "a.cc")
                   .has_aligned_new);
}

}  // namespace
}  // namespace quarrel
