// Do locks have names if only pointers in memory lead to the objects that have them?
#include <gtest/gtest.h>
#include <linux/futex.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "collect/near_pointers.h"
#include "resolve/fixture_process.h"
#include "resolve/resolve.h"
#include "resolve/unwinder.h"

namespace quarrel {
namespace {

constexpr FutexSignature kPlainMutex{.operation = FUTEX_WAIT, .is_private = true, .value_class = 2};

/// Names of the locks that the threads of the fixture wait for, by thread.
std::map<std::string, DataObject> names_in(const std::string& fixture) {
  FixtureProcess process(fixture_path(fixture));
  Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  StackTable stacks(recording);
  recording.threads.push_back({});
  std::map<std::string, uint64_t> words;
  std::istringstream stream(process.lines());
  std::string word, name, lock;
  for (pid_t tid = 0; stream >> word >> name >> tid >> lock;) {
    const uint64_t address = words[name] = std::stoull(lock, nullptr, 16);
    const Capture capture = process.capture(tid);
    const StackId stack = stacks.add(unwinder.unwind(capture));
    recording.lock_waits.push_back({address, kPlainMutex, ThreadId{0}, {}, 1, 1000, 1000});
    recording.wait_stacks.push_back({address, kPlainMutex, ThreadId{0}, {}, stack, 1, 1000, 1000});
    Exemplar exemplar{address, stack, capture, {}};
    exemplar.pointers = read_near_pointers(process.pid(), exemplar, recording);
    recording.exemplars.push_back(std::move(exemplar));
  }
  const Profile profile = resolve(recording, {});
  std::map<std::string, DataObject> names;
  for (const auto& [thread, address] : words)
    for (const LockIdentity& one : profile.locks)
      if (std::ranges::count(one.words, address) != 0) names[thread] = one.object;
  return names;
}

class PointedLocks : public testing::TestWithParam<const char*> {};

TEST_P(PointedLocks, AreNamedByTheirRecord) {
  auto names = names_in(GetParam());
  for (const char* thread : {"by_member", "by_owner", "in_two_steps", "by_element", "by_global",
                             "in_map", "in_hash_table"}) {
    EXPECT_EQ(names[thread].display, "app::Pool::mu") << thread << ": " << names[thread].how;
    EXPECT_EQ(names[thread].record_offset, 8u) << thread;
    EXPECT_EQ(names[thread].source, NameSource::kLiveVariable) << thread;
  }
  EXPECT_EQ(names["borrowed"].display, "*app::Borrower::lock_") << names["borrowed"].how;
}

TEST_P(PointedLocks, ThatNothingLeadsToHaveNoName) {
  EXPECT_EQ(names_in(GetParam())["hidden"].source, NameSource::kUnknown);
}

INSTANTIATE_TEST_SUITE_P(Resolve, PointedLocks,
                         testing::Values("pointed_gcc_O0", "pointed_gcc_O2", "pointed_clang_O2"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace quarrel
