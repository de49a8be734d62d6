// When is a shared cache line only the shadow of a contended lock?
#include "join/fold.h"

#include <fmt/format.h>

#include <algorithm>

namespace quarrel {
namespace {

/// Below this the reader learns nothing from the line's share.
constexpr double kWorthSayingMsPerS = 0.1;
constexpr uint64_t kFutexWordBytes = 4;

bool overlaps_line(uint64_t start, uint64_t size, uint64_t line, uint64_t line_size) {
  return start < line ? line - start < size : start - line < line_size;
}

/// The lock of Profile::locks that a lock finding is about, by the address that it shows.
const LockIdentity* lock_of(const Profile& profile, const Finding& finding) {
  if (finding.subject.kind != SubjectKind::kLock || !finding.subject.address) return nullptr;
  const uint64_t address = *finding.subject.address;
  for (const LockIdentity& lock : profile.locks) {
    if (lock.object.address == address && address != 0) return &lock;
    if (std::binary_search(lock.words.begin(), lock.words.end(), address)) return &lock;
  }
  return nullptr;
}

bool holds_lock(const Profile& profile, const Finding& line, const Finding& lock_finding) {
  const LockIdentity* lock = lock_of(profile, lock_finding);
  if (lock == nullptr || !line.subject.address) return false;
  const uint64_t line_size = profile.recording.run.host.line_size;
  const uint64_t address = *line.subject.address;
  // A mutex may straddle two lines: its owner and its counters lie beside the futex word.
  const DataObject& object = lock->object;
  if (object.address != 0 && overlaps_line(object.address, object.size, address, line_size))
    return true;
  return std::any_of(lock->words.begin(), lock->words.end(), [&](uint64_t word) {
    return overlaps_line(word, kFutexWordBytes, address, line_size);
  });
}

/// A thread that writes the line but never waited for or held the lock has business of its own.
bool has_foreign_writer(const Finding& line, const Finding& lock_finding) {
  return std::any_of(line.threads.begin(), line.threads.end(), [&](const ThreadRole& thread) {
    return thread.role == "writer" &&
           std::none_of(lock_finding.threads.begin(), lock_finding.threads.end(),
                        [&](const ThreadRole& known) { return known.tid == thread.tid; });
  });
}

void note_line(const Finding& line, Finding& lock_finding) {
  // Of several lines of one lock the first map is kept; each is named.
  if (lock_finding.subject.fields.empty()) {
    lock_finding.subject.fields = line.subject.fields;
    lock_finding.sharing = line.sharing;
    lock_finding.contrast = line.contrast;
  }
  if (line.cost.thread_ms_per_s < kWorthSayingMsPerS) return;
  lock_finding.reason += fmt::format(
      ". Its cache line ({}) costs up to {:.1f} thread-ms/s of CPU time besides, by the same "
      "threads",
      line.subject.name, line.cost.thread_ms_per_s);
}

bool fold_into_lock(const Profile& profile, const Finding& line, std::vector<Finding>& findings) {
  if (line.subject.kind != SubjectKind::kLine) return false;
  for (Finding& candidate : findings) {
    if (!holds_lock(profile, line, candidate) || has_foreign_writer(line, candidate)) continue;
    note_line(line, candidate);
    return true;
  }
  return false;
}

}  // namespace

std::vector<Finding> fold_lock_lines(const Profile& profile, std::vector<Finding> findings) {
  std::vector<Finding> kept;
  std::vector<bool> is_folded(findings.size());
  for (size_t i = 0; i < findings.size(); ++i)
    is_folded[i] = fold_into_lock(profile, findings[i], findings);
  for (size_t i = 0; i < findings.size(); ++i)
    if (!is_folded[i]) kept.push_back(std::move(findings[i]));
  return kept;
}

}  // namespace quarrel
