// Are children of the target told that no recording is about?
#include "collect/child_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace quarrel {
namespace {

Target own_process() {
  Target target;
  target.pid = ::getpid();
  return target;
}

TEST(ChildProcesses, AreNamedAndCountedAsLost) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const Target target = own_process();
  ChildProcesses children(target);
  children.look();
  children.look();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  Recording recording;
  children.write_coverage(recording);
  ASSERT_EQ(recording.coverage.size(), 1u);
  const Coverage& row = recording.coverage[0];
  EXPECT_EQ(row.collector, "processes");
  EXPECT_EQ(row.seen, 2u);
  EXPECT_EQ(lost_total(row), 1u);
  EXPECT_TRUE(coverage_holds(row));
  EXPECT_NE(row.reason.find("(" + std::to_string(child) + ")"), std::string::npos) << row.reason;
}

TEST(ChildProcesses, AreNotSpokenOfIfThereAreNone) {
  const Target target = own_process();
  ChildProcesses children(target);
  children.look();
  Recording recording;
  children.write_coverage(recording);
  EXPECT_TRUE(recording.coverage.empty());
}

}  // namespace
}  // namespace quarrel
