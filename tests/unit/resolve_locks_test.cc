// Are futex words put together to locks, of the right kind, and is everything accounted for?
#include <gtest/gtest.h>
#include <linux/futex.h>

#include <algorithm>
#include <sstream>

#include "resolve/fixture_process.h"
#include "resolve/lock_identity.h"
#include "resolve/resolve.h"
#include "resolve/unwinder.h"
#include "resolve/wait_functions.h"
#include "resolve/wait_kind.h"

namespace quarrel {
namespace {

constexpr FutexSignature kPlainMutex{.operation = FUTEX_WAIT, .is_private = true, .value_class = 2};
constexpr FutexSignature kBitsetZero{.operation = FUTEX_WAIT_BITSET,
                                     .is_private = true,
                                     .is_realtime_clock = true,
                                     .value_class = 0};

WaitKind kind_with(const FutexSignature& signature, std::vector<std::string_view> functions) {
  return classify(signature, functions).kind;
}

// Without libc6-dbg the function that takes the mutex back has no name.
TEST(WaitKind, IsTheMutexThatAConditionVariableTakesBackEvenIfNoFunctionSaysSo) {
  const FutexSignature unnamed{.operation = FUTEX_WAIT, .is_private = true, .value_class = 2};
  EXPECT_EQ(kind_with(unnamed, {"libc.so.6+0x8612b", "pthread_cond_wait", "app::Queue::pop"}),
            WaitKind::kMutex);
}

TEST(WaitKind, TellsTheLocksOfTheAllocator) {
  using Functions = std::vector<std::string_view>;
  EXPECT_EQ(library_lock(Functions{"__lll_lock_wait_private", "__libc_malloc", "grow"}),
            kArenaLock);
  EXPECT_EQ(library_lock(Functions{"libc.so.6+0x8612b", "_int_free", "free", "shrink"}),
            kArenaLock);
  EXPECT_EQ(library_lock(Functions{"__lll_lock_wait", "pthread_mutex_lock", "malloc"}), "");
  EXPECT_EQ(library_lock(Functions{}), "");
}

TEST(WaitKind, IsToldByTheInnermostFunction) {
  EXPECT_EQ(kind_with(kBitsetZero, {"__futex_abstimed_wait_common", "__new_sem_wait_slow64"}),
            WaitKind::kSemaphore);
  EXPECT_EQ(kind_with(kBitsetZero, {"pthread_cond_wait", "app::Queue::pop"}), WaitKind::kCondvar);
  EXPECT_EQ(kind_with(kPlainMutex, {"__lll_lock_wait", "pthread_cond_wait"}), WaitKind::kMutex);
  EXPECT_EQ(kind_with(kPlainMutex, {"std::__detail::__platform_wait", "std::barrier<>::wait"}),
            WaitKind::kBarrier);
}

TEST(WaitKind, IsToldByTheFutexCallWithoutAStack) {
  EXPECT_EQ(kind_with(kPlainMutex, {}), WaitKind::kMutex);
  EXPECT_EQ(kind_with(kBitsetZero, {"app::unrelated"}), WaitKind::kCondvar);
  EXPECT_EQ(kind_with({.operation = FUTEX_LOCK_PI, .is_private = true}, {"pthread_mutex_lock"}),
            WaitKind::kPiMutex);
  EXPECT_EQ(kind_with({.operation = FUTEX_WAIT, .value_class = 5}, {}), WaitKind::kRobustMutex);
  EXPECT_EQ(
      kind_with({.operation = FUTEX_WAIT_BITSET, .is_realtime_clock = true, .value_class = 4}, {}),
      WaitKind::kJoin);
}

TEST(WaitKind, OfAProgramsOwnFutexIsALockOnlyIfItsFunctionSaysSo) {
  const FutexSignature word{.operation = FUTEX_WAIT, .is_private = true, .value_class = 2};
  EXPECT_EQ(kind_with(word, {"syscall", "app::futex_wait", "app::SpinLock::wait"}),
            WaitKind::kOwnLock);
  EXPECT_EQ(kind_with(word, {"syscall", "lock_slow", "app::run"}), WaitKind::kOwnLock);
  EXPECT_EQ(kind_with(word, {"syscall", "app::Event::wait", "lock_slow"}), WaitKind::kOther);
  EXPECT_EQ(kind_with(word, {"syscall", "app::Queue::lock_free_pop"}), WaitKind::kOther);
  EXPECT_EQ(kind_with(word, {"syscall", "std::__atomic_wait_address_v<int>", "app::Lock::lock"}),
            WaitKind::kOwnLock);
}

TEST(WaitKind, OfAPrivateFutexWithTheTopBitSetIsNoRobustMutex) {
  EXPECT_EQ(kind_with({.operation = FUTEX_WAIT, .is_private = true, .value_class = 5}, {}),
            WaitKind::kOther);
}

TEST(WaitKind, OfOtherRuntimesIsToldByTheirFunctions) {
  const FutexSignature word{.operation = FUTEX_WAIT, .is_private = true, .value_class = 0};
  EXPECT_EQ(kind_with(word, {"syscall", "absl::Mutex::LockSlowLoop", "absl::Mutex::Lock"}),
            WaitKind::kMutex);
  EXPECT_EQ(kind_with(word, {"syscall", "absl::Mutex::LockSlowLoop", "absl::Mutex::ReaderLock"}),
            WaitKind::kRwlockRead);
  EXPECT_EQ(kind_with(word, {"syscall", "absl::Mutex::LockSlowLoop", "absl::CondVar::WaitCommon"}),
            WaitKind::kMutex);
  EXPECT_EQ(kind_with(word, {"syscall", "absl::Mutex::Block", "absl::CondVar::WaitCommon"}),
            WaitKind::kCondvar);
  EXPECT_EQ(kind_with(word, {"syscall", "parking_lot::raw_mutex::RawMutex::lock_slow"}),
            WaitKind::kMutex);
}

// Stacks of Python and Java were seen so in Debian 12; those of PostgreSQL follow from its source.
TEST(WaitKind, OfALockThatIsMadeOfAnotherPrimitiveIsThatOfTheLock) {
  const std::vector<std::string_view> interpreter = {"pthread_cond_timedwait", "take_gil",
                                                     "PyEval_RestoreThread"};
  const std::vector<std::string_view> stripped = {"libc.so.6+0x85e96", "pthread_cond_timedwait",
                                                  "python3.11+0x128ad8",
                                                  "_PyEval_EvalFrameDefault"};
  const std::vector<std::string_view> monitor = {
      "__futex_abstimed_wait_common", "pthread_cond_wait",    "os::PlatformEvent::park",
      "ObjectMonitor::EnterI",        "ObjectMonitor::enter", "ObjectSynchronizer::enter"};
  const std::vector<std::string_view> buffer = {"__new_sem_wait_slow64", "PGSemaphoreLock",
                                                "LWLockAcquire", "XLogInsertRecord"};
  for (const auto& functions : {interpreter, stripped, monitor, buffer})
    EXPECT_EQ(kind_with(kBitsetZero, functions), WaitKind::kOwnLock) << functions[1];
  EXPECT_EQ(classify(kBitsetZero, interpreter).made_of, WaitKind::kCondvar);
  EXPECT_EQ(classify(kBitsetZero, buffer).made_of, WaitKind::kSemaphore);
  EXPECT_TRUE(waits_by_own_word(monitor) && waits_by_own_word(buffer));
  EXPECT_FALSE(waits_by_own_word(interpreter));
}

TEST(WaitKind, OfWhatMayBeALockOrAnEventIsLeftOpen) {
  EXPECT_EQ(kind_with(kBitsetZero, {"sem_wait", "PyThread_acquire_lock_timed"}), WaitKind::kOther);
  EXPECT_EQ(kind_with(kBitsetZero, {"pthread_cond_wait", "Parker::park", "Unsafe_Park"}),
            WaitKind::kOther);
}

TEST(WaitKind, OfAnEventInsideOfSuchProgramsIsThatOfTheEvent) {
  EXPECT_EQ(kind_with(kBitsetZero, {"pthread_cond_wait", "os::PlatformEvent::park",
                                    "ObjectMonitor::wait", "JVM_MonitorWait"}),
            WaitKind::kCondvar);
  EXPECT_EQ(kind_with(kBitsetZero, {"pthread_cond_wait", "app::Queue::pop", "python3.11+0x1000"}),
            WaitKind::kCondvar);
  EXPECT_EQ(
      kind_with(kBitsetZero, {"do_futex_wait", "PGSemaphoreLock", "WaitForWALToBecomeAvailable"}),
      WaitKind::kCondvar);
  // The mutex that guards the flag is a mutex.
  EXPECT_EQ(kind_with(kPlainMutex, {"__lll_lock_wait", "pthread_mutex_lock", "take_gil"}),
            WaitKind::kMutex);
  EXPECT_EQ(classify(kPlainMutex, {}).made_of, std::nullopt);
}

// A recording of the blocked fixture as the collector would write it.
Recording blocked_recording(const FixtureProcess& process, std::map<std::string, uint64_t>& words) {
  Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  StackTable stacks(recording);
  recording.threads.push_back({});
  std::istringstream stream(process.lines());
  std::string word;
  std::string name;
  std::string lock;
  pid_t tid = 0;
  const std::map<std::string, uint64_t> offsets = {{"condvar", 40}, {"rwlock", 8}};
  while (stream >> word >> name >> tid >> lock) {
    if (lock == "(nil)") continue;
    uint64_t address = std::stoull(lock, nullptr, 16);
    if (offsets.contains(name)) address += offsets.at(name);
    words[name] = address;
    Capture capture = process.capture(tid);
    StackId stack = stacks.add(unwinder.unwind(capture));
    FutexSignature signature = name == "mutex_heap" ? kPlainMutex : kBitsetZero;
    recording.lock_waits.push_back({address, signature, ThreadId{0}, {}, 1, 1000, 1000});
    recording.wait_stacks.push_back({address, signature, ThreadId{0}, {}, stack, 1, 1000, 1000});
    recording.exemplars.push_back({address, stack, capture});
  }
  return recording;
}

const LockIdentity* lock_of(const Profile& profile, uint64_t word) {
  const LockIdentity* found = nullptr;
  for (const LockIdentity& lock : profile.locks) {
    if (std::count(lock.words.begin(), lock.words.end(), word) == 0) continue;
    EXPECT_EQ(found, nullptr) << "a word of two locks";
    found = &lock;
  }
  return found;
}

const Coverage* row_of(const Profile& profile, const std::string& name) {
  for (const Coverage& row : profile.coverage)
    if (row.collector == name) return &row;
  return nullptr;
}

TEST(Resolve, NamesLocksWithTheirKinds) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  std::map<std::string, uint64_t> words;
  Profile profile = resolve(blocked_recording(process, words), {});
  const std::map<std::string, std::pair<WaitKind, std::string>> expected = {
      {"mutex_heap", {WaitKind::kMutex, "app::RateLimiter::mu_"}},
      {"condvar", {WaitKind::kCondvar, "app::Queue::ready_"}},
      {"rwlock", {WaitKind::kRwlockRead, "app::Table<long>::lock_"}},
      {"semaphore", {WaitKind::kSemaphore, "app::never"}},
      {"mutex_global", {WaitKind::kMutex, "app::g_limiter.mu_"}}};
  for (const auto& [name, what] : expected) {
    const LockIdentity* lock = lock_of(profile, words[name]);
    ASSERT_NE(lock, nullptr) << name;
    EXPECT_EQ(lock->kind, what.first) << name;
    EXPECT_EQ(lock->object.display, what.second) << name;
  }
}

TEST(Resolve, PutsTheTwoWordsOfAConditionVariableTogether) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  std::map<std::string, uint64_t> words;
  Recording recording = blocked_recording(process, words);
  LockWait second = recording.lock_waits[0];
  second.address = words["condvar"] + 4;
  second.signature = kBitsetZero;
  recording.lock_waits.push_back(second);
  Profile profile = resolve(recording, {});
  const LockIdentity* lock = lock_of(profile, words["condvar"]);
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->words, (std::vector<uint64_t>{words["condvar"], words["condvar"] + 4}));
}

// A variable of the interpreter leads to the word of each lock, but names none.
TEST(Resolve, CallsALockOfARuntimeByWhatItIs) {
  Recording recording;
  std::vector<ResolvedFrame> frames;
  FrameId caller;
  for (const char* function : {"acquire_timed", "PyThread_acquire_lock_timed", "sem_wait"}) {
    recording.frames.push_back({.caller = caller});
    frames.push_back({.locations = {{"", 0, 0, function}}});
    caller = FrameId{static_cast<uint32_t>(frames.size() - 1)};
  }
  recording.stacks.push_back({.innermost = caller});
  recording.wait_stacks.push_back({0x1000, kBitsetZero, ThreadId{0}, {}, StackId{0}, 1, 9, 9});
  DataObject chance{.source = NameSource::kLiveVariable};
  chance.display = "_object::ob_refcnt";
  const std::vector<LockIdentity> locks = identify_locks(recording, frames, {{0x1000, chance}});
  ASSERT_EQ(locks.size(), 1u);
  EXPECT_EQ(locks[0].object.display, "lock, condition or queue of Python code");
}

TEST(Resolve, CallsAnUnknownLockByTheFunctionThatWaits) {
  FixtureProcess process(fixture_path("blocked_g1"));
  std::map<std::string, uint64_t> words;
  Profile profile = resolve(blocked_recording(process, words), {});
  const LockIdentity* lock = lock_of(profile, words["mutex_heap"]);
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(lock->object.source, NameSource::kUnknown);
  EXPECT_EQ(lock->object.display, "mutex waited for in app::RateLimiter::acquire");
}

TEST(Resolve, AccountsForEveryFrameAndLock) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  std::map<std::string, uint64_t> words;
  Profile profile = resolve(blocked_recording(process, words), {});
  EXPECT_EQ(profile.frames.size(), profile.recording.frames.size());
  for (const ResolvedFrame& frame : profile.frames) EXPECT_FALSE(frame.locations.empty());
  for (const char* name : {"symbols", "lock_names", "line_names"}) {
    const Coverage* row = row_of(profile, name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_TRUE(coverage_holds(*row)) << name;
  }
  EXPECT_EQ(row_of(profile, "symbols")->seen, profile.frames.size());
  EXPECT_EQ(row_of(profile, "lock_names")->seen, profile.locks.size());
}

TEST(Resolve, StopsLookingForNamesWhenToldSo) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  std::map<std::string, uint64_t> words;
  ResolveOptions options;
  options.progress = [](double, std::string_view) { return false; };
  Profile profile = resolve(blocked_recording(process, words), options);
  EXPECT_EQ(row_of(profile, "symbols")->state, CollectorState::kDegraded);
  EXPECT_EQ(row_of(profile, "symbols")->attributed, 0U);
  EXPECT_TRUE(coverage_holds(*row_of(profile, "symbols")));
}

TEST(Resolve, DoesNotUseAFileOfAnotherBuild) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  std::map<std::string, uint64_t> words;
  Recording recording = blocked_recording(process, words);
  for (Module& module : recording.modules)
    if (module.path.ends_with("blocked_gcc_O2")) module.build_id = "00112233445566778899";
  Profile profile = resolve(recording, {});
  for (const ResolvedFrame& frame : profile.frames)
    for (const CodeLocation& location : frame.locations)
      EXPECT_FALSE(location.function.starts_with("app::")) << location.function;
  EXPECT_EQ(row_of(profile, "symbols")->state, CollectorState::kDegraded);
  EXPECT_NE(row_of(profile, "symbols")->reason.find("another build"), std::string::npos);
}

TEST(Resolve, CountsAJoinAsNoUnnamedLock) {
  Recording recording;
  recording.threads.push_back({});
  FutexSignature join{.operation = FUTEX_WAIT_BITSET, .is_realtime_clock = true, .value_class = 4};
  recording.lock_waits.push_back({0x1000, join, ThreadId{0}, {}, 1, 1000, 1000});
  Profile profile = resolve(recording, {});
  ASSERT_EQ(profile.locks.size(), 1U);
  EXPECT_EQ(profile.locks[0].kind, WaitKind::kJoin);
  EXPECT_EQ(row_of(profile, "lock_names")->seen, 0U);
}

TEST(Resolve, OfAnEmptyRecordingIsEmpty) {
  Profile profile = resolve({}, {});
  EXPECT_TRUE(profile.locks.empty());
  EXPECT_TRUE(profile.frames.empty());
}

}  // namespace
}  // namespace quarrel
