// Which threads has the target, under which ids and names?
#include <fmt/core.h>

#include <charconv>
#include <filesystem>

#include "collect/clock.h"
#include "collect/proc_text.h"
#include "collect/target.h"
#include "collect/target_facts.h"

namespace quarrel {
namespace {

std::string name_in(const std::string& folder) {
  std::string name = read_text_file(folder + "/comm").value_or("");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

std::string task_folder(const Target& target, int32_t tid) {
  return fmt::format("/proc/{}/task/{}", target.pid, tid);
}

/// NSpid has one number only if the target shares quarrel's pid namespace.
bool shares_pid_namespace(const Recording& recording) {
  return !recording.threads.empty() &&
         recording.threads.front().ns_tid == recording.threads.front().tid;
}

/// A thread that died before its status could be read keeps its tid where both namespaces are one.
int32_t read_ns_tid(const Recording& recording, const Target& target, int32_t tid) {
  const auto status = read_text_file(task_folder(target, tid) + "/status");
  if (status) {
    if (const auto ns_tid = last_number(status_field(*status, "NSpid"))) return *ns_tid;
  }
  return shares_pid_namespace(recording) ? tid : 0;
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

Thread* find_thread(Recording& recording, int32_t tid) {
  // The newest first: a recycled tid belongs to the thread that lives.
  for (size_t i = recording.threads.size(); i-- > 0;)
    if (recording.threads[i].tid == tid) return &recording.threads[i];
  return nullptr;
}

}  // namespace

std::string read_command_name(const Target& target) {
  return name_in(fmt::format("/proc/{}", target.pid));
}

void refresh_threads(const Target& target, Recording& recording) {
  const uint64_t now = monotonic_ns();
  for (const int32_t tid : living_threads(target)) {
    const ThreadId id = thread_of(recording, target, tid, now);
    Thread& thread = recording.threads[id.value];
    std::string name = name_in(task_folder(target, tid));
    if (!name.empty()) thread.name = std::move(name);
  }
}

ThreadId thread_of(Recording& recording, const Target& target, int32_t tid, uint64_t now_ns) {
  if (Thread* known = find_thread(recording, tid)) {
    known->last_seen_ns = std::max(known->last_seen_ns, now_ns);
    return {static_cast<uint32_t>(known - recording.threads.data())};
  }
  Thread thread;
  thread.tid = tid;
  thread.ns_tid = read_ns_tid(recording, target, tid);
  thread.name = name_in(task_folder(target, tid));
  thread.first_seen_ns = now_ns;
  thread.last_seen_ns = now_ns;
  recording.threads.push_back(std::move(thread));
  return {static_cast<uint32_t>(recording.threads.size() - 1)};
}

ThreadId thread_of_ns_tid(const Recording& recording, int32_t ns_tid) {
  if (ns_tid <= 0) return {};
  for (size_t i = recording.threads.size(); i-- > 0;)
    if (recording.threads[i].ns_tid == ns_tid) return {static_cast<uint32_t>(i)};
  return {};
}

}  // namespace quarrel
