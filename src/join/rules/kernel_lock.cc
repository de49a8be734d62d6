// Which locks of the kernel do threads wait for, and which of their own calls lead there?
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "join/join.h"
#include "join/run_rate.h"
#include "join/stacks.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

constexpr size_t kMaxLines = 5;
constexpr size_t kMaxStacks = 5;

// LCB_F_* of the kernel's include/trace/events/lock.h.
constexpr uint32_t kSpin = 1;
constexpr uint32_t kRead = 2;
constexpr uint32_t kWrite = 4;
constexpr uint32_t kPerCpu = 16;
constexpr uint32_t kMutex = 32;

std::string_view access_of(uint32_t flags) {
  return (flags & kRead) != 0 ? " (read)" : (flags & kWrite) != 0 ? " (write)" : "";
}

std::string_view type_of(uint32_t flags, bool is_mmap_lock) {
  const bool has_readers = (flags & (kRead | kWrite)) != 0;
  if (is_mmap_lock) return "mmap_lock";
  if ((flags & kMutex) != 0) return "mutex";  // also while it still spins
  if ((flags & kPerCpu) != 0) return "per-CPU rw-semaphore";
  if ((flags & kSpin) != 0) return has_readers ? "rwlock" : "spinlock";
  return has_readers ? "rw-semaphore" : "lock";
}

std::string kind_of(const KernelLockWait& wait) {
  return fmt::format("{}{}", type_of(wait.flags, wait.is_mmap_lock), access_of(wait.flags));
}

// Locks that one function of the kernel wants in one way: their addresses say nothing to a reader.
struct KernelLockEvidence {
  explicit KernelLockEvidence(const Profile& profile) : stacks(profile, "waiter") {}

  std::map<uint64_t, uint64_t> objects;  // wait by address
  uint64_t count = 0;
  uint64_t total_ns = 0;
  uint64_t max_ns = 0;
  bool is_mmap_lock = false;
  StackSum stacks;
  std::map<ThreadId, uint64_t> waiters;  // weight
};

using EvidenceMap = std::map<std::pair<std::string, std::string>, KernelLockEvidence>;

EvidenceMap evidence_of(const Profile& profile) {
  EvidenceMap locks;
  std::map<std::pair<uint64_t, std::string>, KernelLockEvidence*> by_path;
  for (const KernelLockWait& wait : profile.recording.kernel_lock_waits) {
    const auto key = std::pair(wait.caller, kind_of(wait));
    KernelLockEvidence& lock = locks.try_emplace(key, profile).first->second;
    lock.objects[wait.address] += wait.total_ns;
    lock.count += wait.count;
    lock.total_ns += wait.total_ns;
    lock.max_ns = std::max(lock.max_ns, wait.max_ns);
    lock.is_mmap_lock = lock.is_mmap_lock || wait.is_mmap_lock;
    by_path[{wait.address, wait.caller}] = &lock;
  }
  for (const KernelLockStack& stack : profile.recording.kernel_lock_stacks) {
    auto lock = by_path.find({stack.address, stack.caller});
    if (lock == by_path.end()) continue;
    lock->second->stacks.add(stack.stack, stack.weight_ns);
    lock->second->waiters[stack.waiter] += stack.weight_ns;
  }
  return locks;
}

std::string name_of(const std::string& caller, const std::string& kind) {
  return fmt::format("kernel {} in {}", kind, caller.empty() ? "an unnamed path" : caller);
}

void add_threads(const Profile& profile, const KernelLockEvidence& lock, Finding& finding) {
  const double all = static_cast<double>(std::max<uint64_t>(1, lock.stacks.total()));
  for (const auto& [thread, weight] : lock.waiters) {
    const ThreadName name = name_thread(profile.recording, thread);
    const double share = static_cast<double>(weight) / all;
    finding.threads.push_back(
        {name.tid, name.name, "waiter", share * finding.cost.thread_ms_per_s, {}});
  }
  std::stable_sort(finding.threads.begin(), finding.threads.end(),
                   [](const ThreadRole& a, const ThreadRole& b) {
                     return a.thread_ms_per_s > b.thread_ms_per_s;
                   });
}

void judge(const KernelLockEvidence& lock, Finding& finding) {
  const bool is_negligible = finding.cost.thread_ms_per_s < kNegligibleMsPerS;
  finding.verdict = is_negligible ? Verdict::kLeave : Verdict::kMeasureFirst;
  finding.level = level_of(finding.verdict);
  finding.reason = fmt::format("{} waits, {:.3f} s in all, the longest {:.3f} ms, exact; ",
                               lock.count, double(lock.total_ns) / 1e9, double(lock.max_ns) / 1e6);
  if (is_negligible)
    finding.reason += "less than a hundredth of one thread";
  else if (lock.is_mmap_lock)
    finding.reason +=
        "every mmap, munmap, mprotect and new thread stack locks the address space "
        "that page faults of all threads read";
  else
    finding.reason += "which of the program's own calls lead there, the stacks tell";
}

Finding finding_of(const Profile& profile, const std::string& caller, const std::string& kind,
                   const KernelLockEvidence& lock) {
  Finding finding;
  finding.rule = "kernel-lock";
  finding.fingerprint = fingerprint_of("kernel-lock", caller, {kind});
  finding.evidence = Evidence::kHarm;
  finding.subject = {.kind = SubjectKind::kLock, .name = name_of(caller, kind)};
  finding.cost = {
      thread_ms_per_s(static_cast<double>(lock.total_ns), profile.recording.run.duration_ns),
      Bound::kExact};
  const std::string objects =
      lock.objects.size() > 1 ? fmt::format(" ({} objects)", lock.objects.size()) : "";
  finding.message =
      fmt::format("threads wait for the {}{}: {:.1f} thread-ms lost per second of run",
                  finding.subject.name, objects, finding.cost.thread_ms_per_s);
  judge(lock, finding);
  add_threads(profile, lock, finding);
  finding.locations = lock.stacks.source_lines(kMaxLines, "waiting");
  finding.stacks = lock.stacks.heaviest(kMaxStacks);
  return finding;
}

void run(const RuleInput& input, std::vector<Finding>& findings) {
  const uint64_t duration_ns = input.profile.recording.run.duration_ns;
  for (const auto& [key, lock] : evidence_of(input.profile))
    if (thread_ms_per_s(static_cast<double>(lock.total_ns), duration_ns) >= kFloorMsPerS)
      findings.push_back(finding_of(input.profile, key.first, key.second, lock));
}

const Registration<JoinRule> kKernelLock{{"kernel-lock", run}};

}  // namespace
}  // namespace quarrel
