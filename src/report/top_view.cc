// What do the locks, lines and threads of a process cost it right now, in a few rows?
#include "report/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "report/text_layout.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr TopView kViews[] = {TopView::kLocks, TopView::kLines, TopView::kThreads};

std::string_view view_word(TopView view) {
  switch (view) {
    case TopView::kLocks:
      return "lock";
    case TopView::kLines:
      return "line";
    case TopView::kThreads:
      return "thread";
  }
  return "";
}

// A watch that started anew has a shorter run than its predecessor: then there is no difference.
const Diagnosis* comparable(const Diagnosis& diagnosis, const Diagnosis* before) {
  return before != nullptr && before->run.duration_s < diagnosis.run.duration_s ? before : nullptr;
}

// What a rate was since `before`, from the rates over the two whole runs.
double recent(double rate, const Diagnosis& diagnosis, double rate_before,
              const Diagnosis* before) {
  if (before == nullptr) return rate;
  const double passed = diagnosis.run.duration_s - before->run.duration_s;
  const double sum = rate * diagnosis.run.duration_s - rate_before * before->run.duration_s;
  return std::max(0.0, sum / passed);
}

const Finding* same_finding(const Finding& finding, const Diagnosis* before) {
  if (before == nullptr) return nullptr;
  for (const Finding& other : before->findings)
    if (other.fingerprint == finding.fingerprint) return &other;
  return nullptr;
}

std::string lock_detail(const Finding& finding, const Finding* earlier, const Diagnosis& diagnosis,
                        const Diagnosis* before) {
  if (!finding.waits) return finding.rule;
  const double seconds = std::max(diagnosis.run.duration_s, 1e-9);
  double waits = double(finding.waits->count) / seconds;
  if (before != nullptr) {
    const uint64_t counted = earlier && earlier->waits ? earlier->waits->count : 0;
    const uint64_t news = finding.waits->count - std::min(counted, finding.waits->count);
    waits = double(news) / (seconds - before->run.duration_s);
  }
  return fmt::format("{}, {} waits/s, p99 {}", finding.waits->kind, format_rate(waits),
                     format_duration(finding.waits->p99_ns));
}

std::string line_detail(const Finding& finding) {
  std::string text = fmt::format("{} sharing", sharing_word(finding.sharing));
  if (finding.cost.bound == Bound::kUpper) text += ", at most";
  return text;
}

std::vector<TopRow> finding_rows(SubjectKind kind, const Diagnosis& diagnosis,
                                 const Diagnosis* before) {
  std::vector<TopRow> rows;
  for (const Finding& finding : diagnosis.findings) {
    if (finding.subject.kind != kind) continue;
    const Finding* earlier = same_finding(finding, before);
    const double rate = finding.cost.thread_ms_per_s;
    const double rate_before = earlier ? earlier->cost.thread_ms_per_s : 0;
    const double now = recent(rate, diagnosis, rate_before, before);
    rows.push_back({.now = now,
                    .overall = rate,
                    .weight = now,
                    .name = finding.subject.name,
                    .detail = kind == SubjectKind::kLock
                                  ? lock_detail(finding, earlier, diagnosis, before)
                                  : line_detail(finding)});
  }
  return rows;
}

struct ThreadTimes {
  std::string name;
  double waited = 0;
  double held = 0;
};

std::map<int32_t, ThreadTimes> thread_times(const Diagnosis* diagnosis) {
  std::map<int32_t, ThreadTimes> threads;
  if (diagnosis == nullptr) return threads;
  for (const Finding& finding : diagnosis->findings) {
    if (finding.subject.kind != SubjectKind::kLock) continue;
    for (const ThreadRole& role : finding.threads) {
      ThreadTimes& times = threads[role.tid];
      times.name = role.name;
      if (role.role == "waiter") times.waited += role.thread_ms_per_s;
      if (role.role == "holder") times.held += role.thread_ms_per_s;
    }
  }
  return threads;
}

std::vector<TopRow> thread_rows(const Diagnosis& diagnosis, const Diagnosis* before) {
  std::vector<TopRow> rows;
  const auto earlier = thread_times(before);
  for (const auto& [tid, times] : thread_times(&diagnosis)) {
    const auto found = earlier.find(tid);
    const ThreadTimes old = found != earlier.end() ? found->second : ThreadTimes{};
    const double held = recent(times.held, diagnosis, old.held, before);
    const double waited = recent(times.waited, diagnosis, old.waited, before);
    rows.push_back({.now = waited,
                    .overall = times.waited,
                    .weight = waited + held,
                    .name = format_thread(times.name, tid),
                    .detail = fmt::format("made others wait {}", format_rate(held))});
  }
  return rows;
}

TextTable::Column number_column(const char* title) {
  return {title, true};
}

}  // namespace

std::vector<TopRow> top_rows(TopView view, const Diagnosis& diagnosis, const Diagnosis* before) {
  before = comparable(diagnosis, before);
  std::vector<TopRow> rows;
  switch (view) {
    case TopView::kLocks:
      rows = finding_rows(SubjectKind::kLock, diagnosis, before);
      break;
    case TopView::kLines:
      rows = finding_rows(SubjectKind::kLine, diagnosis, before);
      break;
    case TopView::kThreads:
      rows = thread_rows(diagnosis, before);
      break;
  }
  std::sort(rows.begin(), rows.end(), [](const TopRow& a, const TopRow& b) {
    return std::tie(b.weight, b.overall, a.name) < std::tie(a.weight, a.overall, b.name);
  });
  return rows;
}

std::string top_title(const Diagnosis& diagnosis, const Diagnosis* before) {
  before = comparable(diagnosis, before);
  const double overall = diagnosis.totals.contention_ms_per_s;
  const double rate_before = before ? before->totals.contention_ms_per_s : 0;
  return to_ascii(fmt::format("{} ({}), {:.0f} s: {} thread-ms/s lost in locks now, {} overall",
                              diagnosis.run.command, diagnosis.run.pid, diagnosis.run.duration_s,
                              format_rate(recent(overall, diagnosis, rate_before, before)),
                              format_rate(overall)));
}

std::vector<std::string> top_table(TopView view, const Diagnosis& diagnosis,
                                   const Diagnosis* before, size_t count) {
  TextTable table({number_column("ms/s now"), number_column("overall"),
                   std::string(view_word(view)), std::string("detail")});
  for (const TopRow& row : top_rows(view, diagnosis, before)) {
    if (count-- == 0) break;
    table.add({format_rate(row.now), format_rate(row.overall), row.name, row.detail});
  }
  std::vector<std::string> lines;
  const std::string text = table.render(0);
  for (size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  return lines;
}

std::string top_log(const Diagnosis& diagnosis, const Diagnosis* before, size_t count) {
  TextTable table({std::string("what"), number_column("ms/s now"), number_column("overall"),
                   std::string("name"), std::string("detail")});
  for (TopView view : kViews) {
    size_t left = count;
    for (const TopRow& row : top_rows(view, diagnosis, before)) {
      if (left-- == 0) break;
      table.add({std::string(view_word(view)), format_rate(row.now), format_rate(row.overall),
                 row.name, row.detail});
    }
  }
  std::string text = top_title(diagnosis, before) + "\n";
  if (!table.is_empty()) text += table.render(0);
  return text;
}

}  // namespace quarrel
