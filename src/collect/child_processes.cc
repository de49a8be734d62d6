// Which processes did the target start that the recording is not about?
#include "collect/child_processes.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>
#include <system_error>

#include "collect/coverage_row.h"
#include "collect/proc_text.h"

namespace quarrel {
namespace {

// Each has its own list of children. Who forks in more threads than this is not looked at further.
constexpr int kMaxThreads = 256;
constexpr size_t kMaxChildren = 1000;
constexpr size_t kMaxNamed = 3;

std::string name_of(int pid) {
  std::string name = read_text_file(fmt::format("/proc/{}/comm", pid)).value_or("");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

}  // namespace

void ChildProcesses::look() {
  std::error_code error;
  std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", target_.pid), error);
  for (int i = 0; !error && i < kMaxThreads && thread != std::filesystem::directory_iterator();
       ++i, thread.increment(error)) {
    std::istringstream pids(read_text_file(thread->path() / "children").value_or(""));
    for (int pid = 0; pids >> pid && names_.size() < kMaxChildren;)
      if (std::string name = name_of(pid); !name.empty()) names_[pid] = std::move(name);
  }
}

void ChildProcesses::write_coverage(Recording& recording) const {
  if (names_.empty()) return;
  Coverage& row = coverage_row(recording, "processes", "processes of the target");
  row.state = CollectorState::kOn;
  row.seen = 1 + names_.size();
  row.attributed = 1;
  row.lost.clear();
  row.reason.clear();
  add_loss(row, "children of the target, which were not recorded", names_.size());
  std::string named;
  size_t count = 0;
  for (const auto& [pid, name] : names_)
    if (count++ < kMaxNamed) named += fmt::format("{}{} ({})", count > 1 ? ", " : "", name, pid);
  if (count > kMaxNamed) named += ", ...";
  add_reason(row, fmt::format("a recording is of one process, without its children: {}; 'quarrel "
                              "attach' records one of them",
                              named));
}

}  // namespace quarrel
