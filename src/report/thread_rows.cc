// Which threads of a finding does a table show, when it may have thousands?
#include "report/thread_rows.h"

#include <fmt/core.h>

#include "report/words.h"

namespace quarrel {

std::vector<ThreadRow> thread_rows(const Finding& finding, const std::string& role) {
  std::vector<ThreadRow> rows;
  for (const ThreadRole& thread : finding.threads)
    if (thread.role == role)
      rows.push_back({format_thread(thread.name, thread.tid), thread.thread_ms_per_s,
                      thread.activity, thread.side});
  std::ranges::stable_sort(rows, std::ranges::greater(), &ThreadRow::thread_ms_per_s);
  // A row for one thread alone can as well be its own.
  if (rows.size() <= kThreadsShown + 1) return rows;
  ThreadRow others;
  others.name = fmt::format("{} others", format_count(rows.size() - kThreadsShown));
  for (size_t i = kThreadsShown; i < rows.size(); ++i)
    others.thread_ms_per_s += rows[i].thread_ms_per_s;
  rows.resize(kThreadsShown);
  rows.push_back(others);
  return rows;
}

}  // namespace quarrel
