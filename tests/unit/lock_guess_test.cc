// Is a lock without a name called what the source takes on the line that waits, or nothing?
#include "join/lock_guess.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr uint64_t kWord = 0x1000;

class LockGuess : public testing::Test {
 protected:
  LockGuess() {
    facts_.files = {"src/cache.cc", "src/cache.h"};
    facts_.records.push_back({.symbol = SymbolId{0}, .name = "Cache"});
    SourceField mutex{.symbol = SymbolId{1}, .name = "mu", .type = "std::mutex"};
    mutex.position = {FileId{1}, 12, 3};
    facts_.records[0].fields = {mutex};
    facts_.variables.push_back({.symbol = SymbolId{2}, .name = "g_mu", .type = "std::mutex"});
    take(SymbolId{1}, 40);
    LockIdentity lock{.kind = WaitKind::kMutex, .words = {kWord}};
    lock.object.display = "mutex waited for in Cache::find";
    profile_.locks = {lock};
    wait_at({"/build/src/cache.cc", 40, 0, "Cache::find"});
  }

  void take(SymbolId lock, uint32_t line) {
    LockRegion region;
    region.lock = lock;
    region.begin = {FileId{0}, line, 3};
    facts_.lock_regions.push_back(region);
  }

  /// A stack of libc, the given place, and a caller.
  void wait_at(const CodeLocation& place) {
    FrameId frame;
    for (const CodeLocation& one :
         {CodeLocation{"/build/src/main.cc", 7, 0, "main"}, place,
          CodeLocation{"./nptl/lowlevellock.c", 49, 0, "__lll_lock_wait"}}) {
      const FrameId next{static_cast<uint32_t>(profile_.frames.size())};
      profile_.recording.frames.push_back({frame, 0, true});
      profile_.frames.push_back({.locations = {one}});
      frame = next;
    }
    const StackId stack{static_cast<uint32_t>(profile_.recording.stacks.size())};
    profile_.recording.stacks.push_back({frame, StackStatus::kComplete});
    profile_.recording.wait_stacks.push_back({.address = kWord, .stack = stack});
  }

  DataObject guessed() const {
    Profile profile = profile_;
    guess_lock_names(facts_, profile);
    return profile.locks[0].object;
  }

  Profile profile_;
  SourceFacts facts_;
};

TEST_F(LockGuess, IsTheLockThatTheWaitingLineTakes) {
  EXPECT_EQ(guessed().display, "Cache::mu @ cache.h:12 (a guess)");
  EXPECT_EQ(guessed().record, "Cache");
  EXPECT_EQ(guessed().field, "mu");
  EXPECT_EQ(guessed().declared.line, 12u);
}

TEST_F(LockGuess, IsNoneIfOneStackWaitsElsewhere) {
  wait_at({"/build/src/cache.cc", 41, 0, "Cache::find"});
  EXPECT_EQ(guessed().display, "mutex waited for in Cache::find");
}

TEST_F(LockGuess, IsNoneIfTheLineTakesTwoLocks) {
  take(SymbolId{2}, 40);
  EXPECT_EQ(guessed().record, "");
}

TEST_F(LockGuess, IsNoneInAFileThatOnlyEndsAlike) {
  profile_.frames[1].locations[0].file = "/build/other_src/cache.cc";
  profile_.frames[1].locations[0].file = "/build/xsrc/cache.cc";
  EXPECT_EQ(guessed().record, "");
}

TEST_F(LockGuess, LeavesNamesThatAreKnown) {
  profile_.locks[0].object.source = NameSource::kLiveVariable;
  profile_.locks[0].object.display = "Table::lock_";
  EXPECT_EQ(guessed().display, "Table::lock_");
}

}  // namespace
}  // namespace quarrel
