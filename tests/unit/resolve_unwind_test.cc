// Do the calls of blocked threads come out whole, through libc and without frame pointers?
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "resolve/address_names.h"
#include "resolve/call_frames.h"
#include "resolve/fixture_process.h"
#include "resolve/unwinder.h"

namespace quarrel {
namespace {

struct BlockedThread {
  pid_t tid = 0;
  uint64_t lock = 0;
  Unwound unwound;
  std::vector<std::string> functions;  // inlined ones too, innermost first
};

using Threads = std::map<std::string, BlockedThread>;

Threads blocked_threads(const FixtureProcess& process) {
  Threads threads;
  std::istringstream stream(process.lines());
  std::string word;
  std::string name;
  std::string lock;
  long tid = 0;
  while (stream >> word >> name >> tid >> lock)
    threads[name] = {.tid = static_cast<pid_t>(tid),
                     .lock = lock == "(nil)" ? 0 : std::stoull(lock, nullptr, 16),
                     .unwound = {},
                     .functions = {}};
  return threads;
}

void unwind_all(const FixtureProcess& process, Recording& recording, Threads& threads) {
  Unwinder unwinder(recording, "", process.pid());
  StackTable table(recording);
  std::map<std::string, StackId> stacks;
  for (auto& [name, thread] : threads) {
    thread.unwound = unwinder.unwind(process.capture(thread.tid));
    stacks[name] = table.add(thread.unwound);
  }
  FoundNames names = find_names(recording, {}, ResolveOptions{});
  for (auto& [name, thread] : threads)
    for (FrameId frame = recording.stacks[stacks[name].value].innermost; frame.is_valid();
         frame = recording.frames[frame.value].caller)
      for (const CodeLocation& location : names.frames[frame.value].locations)
        thread.functions.push_back(location.function);
}

std::string joined(const std::vector<std::string>& functions) {
  std::string text;
  for (const std::string& function : functions) text += "  " + function + "\n";
  return text;
}

// True if `expected` are among `functions`, in this order.
bool has_in_order(const std::vector<std::string>& functions,
                  const std::vector<std::string>& expected) {
  auto at = functions.begin();
  for (const std::string& name : expected) {
    at = std::find(at, functions.end(), name);
    if (at == functions.end()) return false;
    ++at;
  }
  return true;
}

const std::map<std::string, std::vector<std::string>> kExpected = {
    {"mutex_heap", {"app::RateLimiter::acquire", "app::mutex_heap"}},
    {"mutex_global", {"app::RateLimiter::acquire", "app::mutex_global"}},
    {"mutex_stack", {"app::RateLimiter::acquire", "app::mutex_stack"}},
    {"condvar", {"app::Queue::pop", "app::condvar"}},
    {"semaphore", {"app::semaphore"}},
    {"rwlock", {"app::Table<long>::read", "app::rwlock"}},
    {"qsort_callback", {"app::RateLimiter::acquire", "app::compare", "app::qsort_callback"}},
    {"signal_handler", {"app::on_signal", "app::signal_handler"}},
    {"destructor", {"app::RateLimiter::acquire", "app::Guard::~Guard", "app::destructor"}},
    {"recursion", {"app::RateLimiter::acquire", "app::recurse", "app::recurse", "app::recursion"}},
    {"variable_frame", {"app::RateLimiter::acquire", "app::variable_frame"}},
    {"future", {"app::future"}},
    {"join", {"std::thread::join", "app::join"}},
};

bool same_calls(const Unwound& a, const Unwound& b) {
  return std::equal(a.calls.begin(), a.calls.end(), b.calls.begin(), b.calls.end(),
                    [](const Unwound::Call& x, const Unwound::Call& y) {
                      return x.pc == y.pc && x.is_return_address == y.is_return_address;
                    });
}

class UnwindOf : public testing::TestWithParam<const char*> {};

TEST_P(UnwindOf, BlockedThreadsReachesTheThreadStartWithExactNames) {
  FixtureProcess process(fixture_path(GetParam()));
  Threads threads = blocked_threads(process);
  ASSERT_EQ(threads.size(), kExpected.size()) << process.lines();
  Recording recording = process.recording();
  unwind_all(process, recording, threads);
  for (const auto& [name, expected] : kExpected) {
    const BlockedThread& thread = threads[name];
    EXPECT_EQ(thread.unwound.status, StackStatus::kComplete) << name << "\n"
                                                             << joined(thread.functions);
    EXPECT_TRUE(has_in_order(thread.functions, expected)) << name << "\n"
                                                          << joined(thread.functions);
    ASSERT_FALSE(thread.functions.empty());
    EXPECT_EQ(thread.functions.back(), "clone3") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Resolve, UnwindOf,
                         testing::Values("blocked_gcc_O0", "blocked_gcc_O2", "blocked_gcc_static",
                                         "blocked_gcc_nopie", "blocked_gcc_split",
                                         "blocked_clang_O0", "blocked_clang_O2", "blocked_g1"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(UnwindOf, BlockedThreadsIsTheSameByRowsAndByLibdw) {
  FixtureProcess process(fixture_path(GetParam()));
  const Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  for (const auto& [name, thread] : blocked_threads(process)) {
    const Capture capture = process.capture(thread.tid);
    const auto by_rows = unwinder.unwind_by_rows(capture);
    const Unwound by_libdw = unwinder.unwind_by_libdw(capture);
    ASSERT_TRUE(by_rows) << name << " needs a rule that rows do not have";
    EXPECT_EQ(by_rows->status, by_libdw.status) << name;
    EXPECT_TRUE(same_calls(*by_rows, by_libdw)) << name;
  }
}

TEST_P(UnwindOf, BlockedThreadsKnowsRbxInEveryFrame) {
  FixtureProcess process(fixture_path(GetParam()));
  const Recording recording = process.recording();
  CallFrameWalker walker(recording, "", process.pid());
  for (const auto& [name, thread] : blocked_threads(process))
    for (const CallFrame& frame : walker.walk(process.capture(thread.tid)).frames)
      EXPECT_TRUE(frame.registers.is_known(kRbx)) << name << std::hex << " at " << frame.pc;
}

TEST(Unwind, OfAStrippedProgramIsCompleteAndShowsOffsetsInsteadOfGuesses) {
  FixtureProcess process(fixture_path("blocked_stripped"));
  Threads threads = blocked_threads(process);
  ASSERT_EQ(threads.size(), kExpected.size());
  Recording recording = process.recording();
  unwind_all(process, recording, threads);
  for (auto& [name, thread] : threads) {
    EXPECT_EQ(thread.unwound.status, StackStatus::kComplete) << name;
    bool has_offset = std::any_of(thread.functions.begin(), thread.functions.end(),
                                  [](auto& f) { return f.starts_with("blocked_stripped+0x"); });
    EXPECT_TRUE(has_offset) << joined(thread.functions);
  }
}

TEST(Unwind, OfAShortCopySaysThatTheCopyEnded) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  Threads threads = blocked_threads(process);
  Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  Capture capture = process.capture(threads["recursion"].tid);
  ASSERT_GT(capture.bytes.size(), 600U);
  capture.bytes.resize(600);
  Unwound unwound = unwinder.unwind(capture);
  EXPECT_EQ(unwound.status, StackStatus::kTruncatedByCopy);
  EXPECT_GT(unwound.calls.size(), 2U);
}

TEST(Unwind, ThroughGeneratedCodeFollowsTheFramePointerAndSaysSo) {
  FixtureProcess process(fixture_path("generated_gcc_O2"));
  Recording recording = process.recording();
  Threads threads = blocked_threads(process);
  unwind_all(process, recording, threads);
  const BlockedThread& thread = threads["generated"];
  EXPECT_EQ(thread.unwound.status, StackStatus::kByFramePointer) << joined(thread.functions);
  EXPECT_EQ(thread.functions.back(), "clone3") << joined(thread.functions);
  const auto is_generated = [&](const Unwound::Call& call) { return call.pc - thread.lock < 22; };
  EXPECT_EQ(std::count_if(thread.unwound.calls.begin(), thread.unwound.calls.end(), is_generated),
            1);
}

TEST(Unwind, OutsideOfEveryModuleHasNoUnwindInfo) {
  Recording recording;
  Unwinder unwinder(recording, "", 0);
  Capture capture;
  capture.registers[kRip] = 0x1234;
  Unwound unwound = unwinder.unwind(capture);
  EXPECT_EQ(unwound.status, StackStatus::kNoUnwindInfo);
  EXPECT_EQ(unwound.calls.size(), 1U);
}

TEST(Unwind, OfEveryGarbageStackEndsWithoutACompleteOne) {
  FixtureProcess process(fixture_path("blocked_gcc_O2"));
  Threads threads = blocked_threads(process);
  Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  Capture capture = process.capture(threads["mutex_heap"].tid);
  uint32_t seed = 1;
  for (uint8_t& byte : capture.bytes)
    byte = static_cast<uint8_t>((seed = seed * 1664525 + 1013904223) >> 24);
  EXPECT_NE(unwinder.unwind(capture).status, StackStatus::kComplete);
}

TEST(StackTable, GivesEqualStacksOneIdAndSharesCallers) {
  Recording recording;
  StackTable table(recording);
  Unwound first{{{3, false}, {2, true}, {1, true}}, StackStatus::kComplete};
  Unwound second{{{4, false}, {2, true}, {1, true}}, StackStatus::kComplete};
  EXPECT_EQ(table.add(first), table.add(first));
  EXPECT_NE(table.add(first), table.add(second));
  EXPECT_EQ(recording.frames.size(), 4U);
  for (uint32_t i = 0; i < recording.frames.size(); ++i)
    EXPECT_TRUE(!recording.frames[i].caller.is_valid() || recording.frames[i].caller.value < i);
}

}  // namespace
}  // namespace quarrel
