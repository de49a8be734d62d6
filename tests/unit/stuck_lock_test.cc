// Is a lock that nobody gets told apart from one that is held too long?
#include "join/stuck_lock.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "join/join.h"
#include "report/summary.h"
#include "sample_profile.h"

namespace quarrel {
namespace {

const std::vector<Finding> kNoStatic;
constexpr uint64_t kOtherMutex = 0x601080;

/// Two threads wait the whole run for the mutex, which the first one has; no wait ends.
Profile stuck_profile(HolderState state, uint64_t next) {
  Profile profile = sample::busy_profile();
  Recording& recording = profile.recording;
  recording.lock_waits.clear();
  for (uint32_t waiter : {1u, 2u})
    sample::add_wait(recording, sample::kMutexAddress, waiter, ThreadId{0}, 1, sample::kDurationNs);
  std::fill(recording.lock_stats[0].histogram.begin(), recording.lock_stats[0].histogram.end(), 0);
  recording.holder_times = {
      {sample::kMutexAddress, ThreadId{0}, state, next, 2 * sample::kDurationNs}};
  return profile;
}

/// The first thread waits for another mutex, which the second one has.
Profile deadlocked_profile() {
  Profile profile = stuck_profile(HolderState::kWaitingForLock, kOtherMutex);
  Recording& recording = profile.recording;
  sample::add_wait(recording, kOtherMutex, 0, ThreadId{1}, 1, sample::kDurationNs);
  recording.holder_times.push_back({kOtherMutex, ThreadId{1}, HolderState::kWaitingForLock,
                                    sample::kMutexAddress, sample::kDurationNs});
  LockIdentity other;
  other.kind = WaitKind::kMutex;
  other.words = {kOtherMutex};
  profile.locks.push_back(other);
  return profile;
}

const Finding& finding_of(const Diagnosis& diagnosis, const std::string& lock) {
  static const Finding none;
  for (const Finding& finding : diagnosis.findings)
    if (finding.rule == "lock-contention" && finding.subject.name == lock) return finding;
  ADD_FAILURE() << "no finding of " << lock;
  return none;
}

TEST(StuckLock, IsLeftOpenIfItsHolderNeverLetsGo) {
  const Profile profile = stuck_profile(HolderState::kBlocked, 0);
  const Diagnosis diagnosis = join({profile, nullptr, kNoStatic});
  const Finding& finding = finding_of(diagnosis, "RateLimiter::mu_");
  EXPECT_EQ(finding.verdict, Verdict::kMeasureFirst);
  EXPECT_EQ(finding.reason, "nobody got it during the whole recording: its holder never let go");
  ASSERT_EQ(finding.advice.size(), 1u);
  EXPECT_EQ(finding.advice[0].remedy, "ask");
  EXPECT_NE(describe_waits(*finding.waits).find("; none of them ended,"), std::string::npos);
}

TEST(StuckLock, IsADeadlockIfTheChainComesBack) {
  const Profile profile = deadlocked_profile();
  const Diagnosis diagnosis = join({profile, nullptr, kNoStatic});
  const Finding& finding = finding_of(diagnosis, "RateLimiter::mu_");
  EXPECT_EQ(finding.verdict, Verdict::kFix);
  EXPECT_NE(finding.reason.find("a deadlock"), std::string::npos) << finding.reason;
  ASSERT_EQ(finding.advice.size(), 1u);
  EXPECT_EQ(finding.advice[0].remedy, "order");
}

TEST(StuckLock, IsNoneIfOneWaitEnded) {
  Profile profile = deadlocked_profile();
  profile.recording.lock_stats[0].histogram[40] = 1;
  const Diagnosis diagnosis = join({profile, nullptr, kNoStatic});
  const Finding& finding = finding_of(diagnosis, "RateLimiter::mu_");
  EXPECT_EQ(finding.reason.find("deadlock"), std::string::npos);
  EXPECT_EQ(finding.advice[0].remedy, "shorten");
}

TEST(StuckLock, IsNoneIfTheWaitsBeganLate) {
  Profile profile = stuck_profile(HolderState::kBlocked, 0);
  for (LockWait& wait : profile.recording.lock_waits) wait.total_ns /= 2;
  const Diagnosis diagnosis = join({profile, nullptr, kNoStatic});
  EXPECT_EQ(finding_of(diagnosis, "RateLimiter::mu_").advice[0].remedy, "shorten");
}

}  // namespace
}  // namespace quarrel
