// Does a probe know which way its branch goes, and when it must go itself?
#include "probe_decisions.h"

#include <gtest/gtest.h>

#include "collect/probe_budget.h"

namespace quarrel {
namespace {

TEST(ProbeDecisions, ACookieGivesItsPartsBack) {
  const __u64 cookie = probe_cookie(STEP_TRY_FAILED, 15, CONDITION_ALWAYS, 1);
  EXPECT_EQ(cookie_part(cookie, COOKIE_STEP), STEP_TRY_FAILED);
  EXPECT_EQ(cookie_part(cookie, COOKIE_REGISTER), 15);
  EXPECT_EQ(cookie_part(cookie, COOKIE_CONDITION), CONDITION_ALWAYS);
  EXPECT_EQ(cookie_part(cookie, COOKIE_IS_RWLOCK), 1);
}

/// The flags after comparing a with b.
template <class T>
__u64 flags_of_comparison(T a, T b) {
  __u64 flags = 0;
  asm volatile("cmp %2, %1\n\tpushfq\n\tpopq %0" : "=r"(flags) : "r"(a), "r"(b) : "cc", "memory");
  return flags;
}

TEST(ProbeDecisions, ConditionsAreThoseOfTheProcessor) {
  const int32_t values[] = {-5, -1, 0, 1, 7, INT32_MAX, INT32_MIN};
  for (const int32_t a : values) {
    for (const int32_t b : values) {
      const __u64 flags = flags_of_comparison(a, b);
      const auto ua = static_cast<uint32_t>(a), ub = static_cast<uint32_t>(b);
      EXPECT_EQ(condition_holds(2, flags) != 0, ua < ub) << a << " jb " << b;
      EXPECT_EQ(condition_holds(3, flags) != 0, ua >= ub) << a << " jae " << b;
      EXPECT_EQ(condition_holds(4, flags) != 0, a == b) << a << " je " << b;
      EXPECT_EQ(condition_holds(5, flags) != 0, a != b) << a << " jne " << b;
      EXPECT_EQ(condition_holds(6, flags) != 0, ua <= ub) << a << " jbe " << b;
      EXPECT_EQ(condition_holds(7, flags) != 0, ua > ub) << a << " ja " << b;
      EXPECT_EQ(condition_holds(12, flags) != 0, a < b) << a << " jl " << b;
      EXPECT_EQ(condition_holds(13, flags) != 0, a >= b) << a << " jge " << b;
      EXPECT_EQ(condition_holds(14, flags) != 0, a <= b) << a << " jle " << b;
      EXPECT_EQ(condition_holds(15, flags) != 0, a > b) << a << " jg " << b;
      const int64_t difference = int64_t{a} - b;
      EXPECT_EQ(condition_holds(0, flags) != 0, difference != int32_t(difference)) << a << " jo";
      EXPECT_EQ(condition_holds(8, flags) != 0, int32_t(difference) < 0) << a << " js " << b;
    }
  }
  EXPECT_TRUE(condition_holds(CONDITION_ALWAYS, 0));
}

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kTwoPercent = 20'000;

/// One second after the other, in looks of 20 ms, of a target that uses one CPU and would lose
/// `cost` (0..1) of it to probes. Returns the share that it lost in the end.
double lost_share(ProbeBudget& budget, double cost, int seconds, int& windows) {
  bool is_open = true;
  double lost_ns = 0;
  windows = 1;
  for (int look = 0; look < seconds * 50; ++look) {
    const uint64_t probing_ns = is_open ? static_cast<uint64_t>(cost * 20 * kMs) : 0;
    budget.pass(20 * kMs, probing_ns, is_open ? 20 * kMs : 0);
    lost_ns += static_cast<double>(probing_ns);
    if (is_open && budget.is_spent()) {
      is_open = false;
    } else if (!is_open && budget.affords_window()) {
      is_open = true;
      ++windows;
      budget.open_window();
    }
  }
  return lost_ns / (static_cast<double>(seconds) * 1e9);
}

TEST(ProbeBudget, LetsCheapProbesStand) {
  ProbeBudget budget(kTwoPercent);
  int windows = 0;
  EXPECT_NEAR(lost_share(budget, 0.015, 20, windows), 0.015, 0.001);
  EXPECT_EQ(windows, 1);
}

TEST(ProbeBudget, OpensWindowsForDearOnes) {
  ProbeBudget budget(kTwoPercent);
  int windows = 0;
  const double lost = lost_share(budget, 0.9, 30, windows);
  EXPECT_LE(lost, 0.0206);
  EXPECT_GE(lost, 0.015);
  EXPECT_GE(windows, 5);
}

TEST(ProbeBudget, OfAQuietTargetIsNotSavedUp) {
  ProbeBudget budget(kTwoPercent);
  for (int look = 0; look < 1000; ++look) budget.pass(20 * kMs, 0, 20 * kMs);
  EXPECT_EQ(budget.left_ns(), 4'000'000);
}

}  // namespace
}  // namespace quarrel
