// Which threads has the target, under which ids and names?
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "collect/clock.h"
#include "collect/proc_text.h"
#include "collect/target_facts.h"
#include "collect/thread_table.h"

namespace quarrel {
namespace {

constexpr size_t kNamesPerRefresh = 512;

std::string name_in(const std::string& folder) {
  std::string name = read_text_file(folder + "/comm").value_or("");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

std::string task_folder(const Target& target, int32_t tid) {
  return fmt::format("/proc/{}/task/{}", target.pid, tid);
}

std::vector<int32_t> living_threads(const Target& target) {
  std::vector<int32_t> tids;
  std::error_code error;
  const std::filesystem::directory_iterator end;
  std::filesystem::directory_iterator entry(fmt::format("/proc/{}/task", target.pid), error);
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    int32_t tid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), tid);
    if (parsed.ec == std::errc() && tid > 0) tids.push_back(tid);
  }
  return tids;
}

}  // namespace

std::string read_command_name(const Target& target) {
  return name_in(fmt::format("/proc/{}", target.pid));
}

ThreadId ThreadTable::of(int32_t tid, uint64_t now_ns) {
  const auto known = by_tid_.find(tid);
  if (known != by_tid_.end()) {
    Thread& thread = recording_.threads[known->second];
    thread.last_seen_ns = std::max(thread.last_seen_ns, now_ns);
    return {known->second};
  }
  Thread thread;
  thread.tid = tid;
  thread.ns_tid = read_ns_tid(tid);
  thread.name = name_in(task_folder(target_, tid));
  thread.first_seen_ns = now_ns;
  thread.last_seen_ns = now_ns;
  const auto index = static_cast<uint32_t>(recording_.threads.size());
  by_tid_[tid] = index;
  if (thread.ns_tid > 0) by_ns_tid_[thread.ns_tid] = index;
  recording_.threads.push_back(std::move(thread));
  return {index};
}

ThreadId ThreadTable::of(const Capture& capture) {
  const ThreadId thread = of(capture.tid, capture.time_ns);
  note_fs_base(thread, capture.fs_base);
  return thread;
}

void ThreadTable::note_fs_base(ThreadId thread, uint64_t fs_base) {
  if (fs_base != 0) recording_.threads[thread.value].fs_base = fs_base;
}

ThreadId ThreadTable::of_ns_tid(int32_t ns_tid) const {
  const auto known = by_ns_tid_.find(ns_tid);
  return known == by_ns_tid_.end() ? ThreadId{} : ThreadId{known->second};
}

/// NSpid has one number only if the target shares quarrel's pid namespace. A thread that died
/// before its status could be read keeps its tid where both namespaces are one.
int32_t ThreadTable::read_ns_tid(int32_t tid) const {
  const auto status = read_text_file(task_folder(target_, tid) + "/status");
  if (status) {
    if (const auto ns_tid = last_number(status_field(*status, "NSpid"))) return *ns_tid;
  }
  const bool is_one_namespace = !recording_.threads.empty() &&
                                recording_.threads.front().ns_tid == recording_.threads.front().tid;
  return is_one_namespace ? tid : 0;
}

void ThreadTable::refresh() {
  const uint64_t now = monotonic_ns();
  for (const int32_t tid : living_threads(target_)) of(tid, now);
  refresh_names();
}

/// A file per thread: with ten thousand of them, all at once would take longer than a poll should.
void ThreadTable::refresh_names() {
  const size_t count = std::min(kNamesPerRefresh, recording_.threads.size());
  for (size_t i = 0; i < count; ++i) {
    Thread& thread = recording_.threads[next_name_++ % recording_.threads.size()];
    std::string name = name_in(task_folder(target_, thread.tid));
    if (!name.empty()) thread.name = std::move(name);
  }
}

}  // namespace quarrel
