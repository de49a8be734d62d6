// Do the rows of quarrel top say what happened since the picture before?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/top_view.h"

namespace quarrel {
namespace {

using testing::HasSubstr;

Finding lock(const std::string& name, double rate, uint64_t waits) {
  Finding finding;
  finding.fingerprint = name;
  finding.subject = {.kind = SubjectKind::kLock, .name = name};
  finding.cost.thread_ms_per_s = rate;
  finding.waits = Waits{.count = waits, .p99_ns = 2'000'000, .kind = "mutex"};
  finding.threads = {{.tid = 7, .name = "w", .role = "waiter", .thread_ms_per_s = rate},
                     {.tid = 8, .name = "h", .role = "holder", .thread_ms_per_s = rate}};
  return finding;
}

Diagnosis picture(double seconds, std::vector<Finding> findings) {
  Diagnosis diagnosis;
  diagnosis.run.command = "app";
  diagnosis.run.pid = 42;
  diagnosis.run.duration_s = seconds;
  for (const Finding& finding : findings)
    diagnosis.totals.contention_ms_per_s += finding.cost.thread_ms_per_s;
  diagnosis.findings = std::move(findings);
  return diagnosis;
}

TEST(TopView, TellsNowFromOverall) {
  const Diagnosis before = picture(10, {lock("old", 100, 1000), lock("new", 10, 100)});
  // "old" was quiet for 10 s; "new" lost 390 ms/s in them.
  const Diagnosis after = picture(20, {lock("old", 50, 1000), lock("new", 200, 2100)});
  const auto rows = top_rows(TopView::kLocks, after, &before);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "new");
  EXPECT_DOUBLE_EQ(rows[0].now, 390);
  EXPECT_DOUBLE_EQ(rows[0].overall, 200);
  EXPECT_EQ(rows[0].detail, "mutex, 200 waits/s, p99 2 ms");
  EXPECT_DOUBLE_EQ(rows[1].now, 0);
  EXPECT_EQ(top_title(after, &before),
            "app (42), 20 s: 390 thread-ms/s lost in locks now, 250 overall");
}

TEST(TopView, OfAWatchThatStartedAnewComparesWithNothing) {
  const Diagnosis before = picture(300, {lock("a", 100, 1000)});
  const Diagnosis after = picture(2, {lock("a", 70, 10)});
  EXPECT_DOUBLE_EQ(top_rows(TopView::kLocks, after, &before)[0].now, 70);
}

TEST(TopView, CountsOnlyLocksAsWhatThreadsWaitFor) {
  Finding line = lock("line", 500, 0);
  line.subject.kind = SubjectKind::kLine;
  line.cost.bound = Bound::kUpper;
  line.sharing = Sharing::kFalse;
  const Diagnosis diagnosis = picture(5, {lock("a", 70, 10), line});
  const auto threads = top_rows(TopView::kThreads, diagnosis, nullptr);
  ASSERT_EQ(threads.size(), 2U);
  EXPECT_EQ(threads[0].name, "w (7)");
  EXPECT_DOUBLE_EQ(threads[0].now, 70);
  EXPECT_EQ(threads[1].name, "h (8)");
  EXPECT_EQ(threads[1].detail, "made others wait 70.0");
  EXPECT_EQ(top_rows(TopView::kLines, diagnosis, nullptr)[0].detail, "false sharing, at most");
}

TEST(TopView, ShowsNoMoreRowsThanThereIsSpaceFor) {
  const Diagnosis diagnosis = picture(5, {lock("a", 70, 10), lock("b", 60, 10), lock("c", 50, 1)});
  EXPECT_EQ(top_table(TopView::kLocks, diagnosis, nullptr, 2).size(), 3U);
  EXPECT_THAT(top_log(diagnosis, nullptr, 1), HasSubstr("lock"));
  EXPECT_EQ(top_log(diagnosis, nullptr, 1).find("  b "), std::string::npos);
}

}  // namespace
}  // namespace quarrel
