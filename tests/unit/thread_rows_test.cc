// Does a report of thousands of threads stay short, and say what it leaves out?
#include "report/thread_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html_sections.h"
#include "report/text_finding.h"

namespace quarrel {
namespace {

using testing::HasSubstr;
using testing::Not;

Diagnosis diagnosis_with(int32_t waiters) {
  Finding finding;
  finding.rule = "lock-contention";
  finding.subject.name = "g_lock";
  finding.cost = {.thread_ms_per_s = 1, .bound = Bound::kExact};
  for (int32_t i = 1; i <= waiters; ++i)
    finding.threads.push_back({.tid = 10'000 + i,
                               .name = "worker",
                               .role = "waiter",
                               .thread_ms_per_s = static_cast<double>(i)});
  Diagnosis diagnosis;
  diagnosis.findings.push_back(finding);
  return diagnosis;
}

TEST(ThreadRows, TheCostliestAreShownAndTheRestIsAddedUp) {
  const Diagnosis diagnosis = diagnosis_with(1000);
  const std::vector<ThreadRow> rows = thread_rows(diagnosis.findings.front(), "waiter");
  ASSERT_EQ(rows.size(), kThreadsShown + 1);
  EXPECT_EQ(rows.front().name, "worker (11000)");
  EXPECT_EQ(rows.back().name, "985 others");
  EXPECT_DOUBLE_EQ(rows.back().thread_ms_per_s, 985.0 * 986 / 2);
}

TEST(ThreadRows, NoRowStandsForOneThreadAlone) {
  const Diagnosis diagnosis = diagnosis_with(kThreadsShown + 1);
  const std::vector<ThreadRow> rows = thread_rows(diagnosis.findings.front(), "waiter");
  ASSERT_EQ(rows.size(), kThreadsShown + 1);
  EXPECT_EQ(rows.back().name, "worker (10001)");
}

TEST(ThreadRows, EachReportSaysHowManyItLeavesOut) {
  const Diagnosis diagnosis = diagnosis_with(1000);
  const Finding& finding = diagnosis.findings.front();
  for (const std::string& text :
       {render_text_finding(finding, 1, 64, false), render_html_finding(finding, 1, 64, false)}) {
    EXPECT_THAT(text, HasSubstr("985 others"));
    EXPECT_THAT(text, HasSubstr("worker (11000)"));
    EXPECT_THAT(text, Not(HasSubstr("worker (10001)")));
  }
}

}  // namespace
}  // namespace quarrel
