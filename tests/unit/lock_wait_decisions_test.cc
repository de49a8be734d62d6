// Does the BPF program judge futex calls as glibc means them?
#include "lock_wait_decisions.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

namespace quarrel {
namespace {

lock_key key_of(uint64_t address, uint32_t operation, uint32_t value, uint64_t timeout = 0) {
  return {address, signature_of(operation, value, timeout)};
}

TEST(FutexSignature, KeepsFlagsApartFromTheOperation) {
  const futex_signature signature =
      signature_of(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 3, 1);
  EXPECT_EQ(signature.operation, FUTEX_WAIT_BITSET);
  EXPECT_TRUE(signature.is_private && signature.is_realtime && signature.is_timed);
  EXPECT_EQ(signature.value_class, 3);
}

TEST(FutexSignature, SaysNothingThatTheCallDidNotSay) {
  const futex_signature signature = signature_of(FUTEX_WAIT, 2, 0);
  EXPECT_FALSE(signature.is_private || signature.is_realtime || signature.is_timed);
}

TEST(FutexSignature, ClassifiesTheExpectedValue) {
  EXPECT_EQ(value_class_of(0), 0);
  EXPECT_EQ(value_class_of(3), 3);
  EXPECT_EQ(value_class_of(4), VALUE_OTHER);
  EXPECT_EQ(value_class_of(0x80000000u | 1234), VALUE_ROBUST);
  EXPECT_EQ(value_class_of(0x80000000u), VALUE_OTHER);
}

TEST(FutexSignature, CountsWaitsOnly) {
  for (const uint32_t wait :
       {FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_WAIT_REQUEUE_PI})
    EXPECT_TRUE(is_wait_operation(wait));
  for (const uint32_t other : {FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI})
    EXPECT_FALSE(is_wait_operation(other));
}

TEST(WaitOfSeveralCalls, IsThatOfAMutexOnly) {
  const auto repeats = [](uint32_t operation, uint32_t value, uint64_t timeout) {
    const futex_signature signature = signature_of(operation, value, timeout);
    return repeats_until_taken(&signature) != 0;
  };
  EXPECT_TRUE(repeats(FUTEX_WAIT, 2, 0));
  EXPECT_TRUE(repeats(FUTEX_WAIT, 0x80000000u | 77, 0));
  EXPECT_TRUE(repeats(FUTEX_WAIT_BITSET, 2, 1));   // a timed lock
  EXPECT_FALSE(repeats(FUTEX_WAIT_BITSET, 2, 0));  // a rwlock
  EXPECT_FALSE(repeats(FUTEX_WAIT, 1, 0));
  EXPECT_FALSE(repeats(FUTEX_WAIT_BITSET, 0, 0));
}

TEST(Rwlock, IsToldFromATimedMutex) {
  const futex_signature read = signature_of(FUTEX_WAIT_BITSET, 3, 0);
  const futex_signature write = signature_of(FUTEX_WAIT_BITSET, 2, 0);
  const futex_signature timed_mutex = signature_of(FUTEX_WAIT_BITSET, 2, 1);
  const futex_signature mutex = signature_of(FUTEX_WAIT, 2, 0);
  EXPECT_TRUE(is_rwlock(&read));
  EXPECT_TRUE(is_rwlock(&write));
  EXPECT_FALSE(is_rwlock(&timed_mutex));
  EXPECT_FALSE(is_rwlock(&mutex));
}

TEST(PartWithin, IsInProportionToTheOverlap) {
  EXPECT_EQ(part_within(1000, 0, 100, 0, 100), 1000u);
  EXPECT_EQ(part_within(1024, 0, 100, 50, 200), 512u);
  EXPECT_EQ(part_within(1000, 0, 100, 100, 200), 0u);
  EXPECT_EQ(part_within(1000, 50, 100, 0, 50), 0u);
  EXPECT_EQ(part_within(1000, 100, 100, 0, 200), 0u);
}

TEST(LockOwner, StandsBehindTheWordOfAMutex) {
  const lock_key mutex = key_of(0x1000, FUTEX_WAIT, 2);
  EXPECT_EQ(owner_place_of(&mutex), OWNER_OF_MUTEX);
}

TEST(LockOwner, StandsInTheWordOfRobustAndPiMutexes) {
  const lock_key robust = key_of(0x1000, FUTEX_WAIT, 0x80000000u | 77);
  const lock_key pi = key_of(0x1000, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0);
  EXPECT_EQ(owner_place_of(&robust), OWNER_IN_WORD);
  EXPECT_EQ(owner_place_of(&pi), OWNER_IN_WORD);
  EXPECT_EQ(owner_from_word(0x80000000u | 77), 77u);
}

TEST(LockOwner, IsTheWriterOfARwlockSeenFromEitherOfItsWords) {
  const lock_key phase = key_of(0x1000 + 8, FUTEX_WAIT_BITSET, 3);
  const lock_key writers = key_of(0x1000 + 12, FUTEX_WAIT_BITSET, 3);
  EXPECT_EQ(phase.address + owner_place_of(&phase), 0x1000u + 24);
  EXPECT_EQ(writers.address + owner_place_of(&writers), 0x1000u + 24);
}

TEST(LockOwner, IsNobodyForConditionVariablesSemaphoresAndJoins) {
  for (const uint32_t value : {0u, 1u, 4711u}) {
    const lock_key lock = key_of(0x1000, FUTEX_WAIT_BITSET, value);
    EXPECT_EQ(owner_place_of(&lock), OWNER_NOWHERE);
  }
}

TEST(LockOwner, IsTakenFromWhatLooksLikeAMutex) {
  const mutex_tail normal = {.owner = 4711, .users = 1, .kind = 0};
  const mutex_tail adaptive_shared = {.owner = 4711, .users = 1, .kind = 0x83};
  EXPECT_EQ(owner_from_mutex_tail(&normal), 4711u);
  EXPECT_EQ(owner_from_mutex_tail(&adaptive_shared), 4711u);
}

TEST(LockOwner, IsNotTakenFromForeignData) {
  const mutex_tail text = {.owner = 4711, .users = 0x64636261, .kind = 0};
  const mutex_tail pointer = {.owner = 4711, .users = 1, .kind = 0x7fff1000};
  const mutex_tail large = {.owner = 0x7fffffff, .users = 1, .kind = 0};
  EXPECT_EQ(owner_from_mutex_tail(&text), 0u);
  EXPECT_EQ(owner_from_mutex_tail(&pointer), 0u);
  EXPECT_EQ(owner_from_mutex_tail(&large), 0u);
}

TEST(FutexOutcome, SeparatesSleepingFromNotSleeping) {
  EXPECT_EQ(outcome_of(0), OUTCOME_BLOCKED);
  EXPECT_EQ(outcome_of(-EAGAIN), OUTCOME_NOT_BLOCKED);
  EXPECT_EQ(outcome_of(-ETIMEDOUT), OUTCOME_TIMED_OUT);
  EXPECT_EQ(outcome_of(-EINTR), OUTCOME_INTERRUPTED);
  EXPECT_EQ(outcome_of(-512), OUTCOME_INTERRUPTED);
  EXPECT_EQ(outcome_of(-516), OUTCOME_INTERRUPTED);
  EXPECT_EQ(outcome_of(-EFAULT), OUTCOME_FAILED);
}

TEST(FutexOutcome, EndsAWaitUnlessTheCallIsMadeAgain) {
  const futex_signature mutex = signature_of(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, 0);
  const futex_signature timed = signature_of(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 2, 1);
  const futex_signature condvar = signature_of(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, 0);
  EXPECT_FALSE(ends_wait(&mutex, OUTCOME_BLOCKED));
  EXPECT_TRUE(ends_wait(&condvar, OUTCOME_BLOCKED));
  EXPECT_TRUE(ends_wait(&timed, OUTCOME_TIMED_OUT));
  EXPECT_FALSE(ends_wait(&condvar, OUTCOME_INTERRUPTED));
  EXPECT_TRUE(was_asleep(OUTCOME_TIMED_OUT) && was_asleep(OUTCOME_INTERRUPTED));
  EXPECT_FALSE(was_asleep(OUTCOME_NOT_BLOCKED) || was_asleep(OUTCOME_FAILED));
}

TEST(WaitHistogram, GrowsWithTheWaitAndNeverLeavesItsBuckets) {
  uint32_t last = 0;
  for (uint64_t wait_ns = 1; wait_ns < (1ull << 45); wait_ns += wait_ns / 8 + 1) {
    const uint32_t bucket = histogram_bucket(wait_ns);
    EXPECT_GE(bucket, last);
    EXPECT_LT(bucket, uint32_t{HISTOGRAM_BUCKETS});
    last = bucket;
  }
  EXPECT_EQ(last, HISTOGRAM_BUCKETS - 1u);
}

TEST(WaitHistogram, HasFourBucketsForEachPowerOfTwo) {
  EXPECT_EQ(histogram_bucket(511), 0u);
  EXPECT_EQ(histogram_bucket(512), 0u);
  EXPECT_EQ(histogram_bucket(640), 1u);
  EXPECT_EQ(histogram_bucket(1023), 3u);
  EXPECT_EQ(histogram_bucket(1024), 4u);
  EXPECT_EQ(histogram_bucket(~0ull), HISTOGRAM_BUCKETS - 1u);
}

TEST(CaptureWeight, EstimatesTheTotalWaitWithoutBias) {
  std::mt19937 random(101);
  std::exponential_distribution<double> waits(1.0 / 30'000);
  double exact_ns = 0, estimated_ns = 0;
  int captured = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto wait_ns = static_cast<uint64_t>(waits(random));
    const uint64_t weight_ns = capture_weight(wait_ns, 100'000, random());
    exact_ns += static_cast<double>(wait_ns);
    estimated_ns += static_cast<double>(weight_ns);
    captured += weight_ns > 0 ? 1 : 0;
  }
  EXPECT_NEAR(estimated_ns / exact_ns, 1.0, 0.01);
  EXPECT_LT(captured, 100'000);
}

TEST(CaptureWeight, TakesEveryWaitFromTheThresholdOn) {
  EXPECT_EQ(capture_weight(100'000, 100'000, ~0u), 100'000u);
  EXPECT_EQ(capture_weight(5'000'000, 100'000, ~0u), 5'000'000u);
  EXPECT_EQ(capture_weight(99'999, 100'000, ~0u), 0u);
}

TEST(CaptureThreshold, IsHigherForThreadsThatAreIdle) {
  const futex_signature mutex = signature_of(FUTEX_WAIT, 2, 0);
  const futex_signature condvar = signature_of(FUTEX_WAIT_BITSET, 0, 0);
  EXPECT_EQ(capture_threshold(1000, &mutex), 1000u);
  EXPECT_GT(capture_threshold(1000, &condvar), 1000u);
}

// A program may do something every so many milliseconds.
TEST(WatchedSlots, AreOneInEightWhateverThePeriodOfTheTarget) {
  for (uint64_t period = 1; period <= 64; ++period) {
    int watched = 0;
    for (uint64_t turn = 0; turn < 8'000; ++turn) watched += is_watched_slot(turn * period) ? 1 : 0;
    EXPECT_NEAR(watched, 1'000, 50) << period;
  }
}

TEST(WatchedSlots, HoldersOfALockWithFewWaitsAreAlwaysFollowed) {
  for (uint64_t slot = 0; slot < 100; ++slot) {
    EXPECT_EQ(scale_of(slot, HOT_WAITS_PER_SLOT), 1u);
    EXPECT_EQ(scale_of(slot, HOT_WAITS_PER_SLOT + 1), is_watched_slot(slot) ? 8u : 0u);
  }
}

TEST(WatchedSlots, ASlotCountsByItsScaleAndTheTimeAfterItOnce) {
  const uint64_t start = slot_start(10), end = slot_start(11);
  EXPECT_EQ(waiter_time(3, 8, 10, start, start + 100), 2400u);
  EXPECT_EQ(waiter_time(3, 0, 10, start, start + 100), 0u);
  EXPECT_EQ(waiter_time(2, 8, 10, end - 10, end + 5), 2 * (80u + 5u));
  EXPECT_EQ(waiter_time(2, 8, 10, end + 5, end + 9), 8u);
  EXPECT_EQ(waiter_time(0, 8, 10, start, end), 0u);
  EXPECT_EQ(waiter_time(-1, 1, 10, start, end), 0u);
}

}  // namespace
}  // namespace quarrel
