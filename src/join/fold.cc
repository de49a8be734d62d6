// When is a shared cache line only the shadow of a contended lock?
#include "join/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "join/advice/advice.h"

namespace quarrel {
namespace {

/// Below this the reader learns nothing from the line's share.
constexpr double kWorthSayingMsPerS = 0.1;
constexpr uint64_t kFutexWordBytes = 4;

bool overlaps_line(uint64_t start, uint64_t size, uint64_t line, uint64_t line_size) {
  return start < line ? line - start < size : start - line < line_size;
}

bool is_spin_lock_on(const Profile& profile, const Finding& finding, uint64_t line) {
  if (finding.subject.kind != SubjectKind::kLock || !finding.subject.address) return false;
  const uint64_t own = *finding.subject.address;
  return std::ranges::any_of(profile.spin_locks, [&](const SpinLock& lock) {
    return (lock.address == own || lock.object.address == own) &&
           overlaps_line(lock.address, kFutexWordBytes, line, profile.recording.run.host.line_size);
  });
}

/// A mutex may straddle two lines: its owner and its counters lie beside the futex word.
bool is_on_line(const LockIdentity& lock, uint64_t line, uint64_t line_size) {
  const DataObject& object = lock.object;
  if (object.address != 0 && overlaps_line(object.address, object.size, line, line_size))
    return true;
  return std::any_of(lock.words.begin(), lock.words.end(), [&](uint64_t word) {
    return overlaps_line(word, kFutexWordBytes, line, line_size);
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

/// Lines of one lock that were folded into its finding.
struct FoldedLines {
  std::set<std::string> names;
  uint64_t lines = 0;
  double cost_ms_per_s = 0;
  uint64_t most_locks = 0;        ///< of the finding, on one of them
  uint64_t lock_bytes = 0;        ///< size of one of those
  bool is_false_sharing = false;  ///< and not known to be harmless
};

void note_line(const Finding& line, Finding& lock_finding, FoldedLines& folded) {
  // Of several lines of one lock the first map is kept.
  if (lock_finding.subject.fields.empty()) {
    lock_finding.subject.fields = line.subject.fields;
    lock_finding.sharing = line.sharing;
    lock_finding.contrast = line.contrast;
    lock_finding.watched = line.watched;
    lock_finding.step_cost = line.step_cost;
  }
  folded.names.insert(line.subject.name);
  folded.lines += line.subject.instances;
  folded.cost_ms_per_s += line.cost.thread_ms_per_s;
  folded.is_false_sharing |= line.rule == "false-sharing" && line.verdict != Verdict::kLeave;
}

std::string describe(const FoldedLines& folded) {
  if (folded.cost_ms_per_s < kWorthSayingMsPerS) return "";
  const bool is_one = folded.lines == 1;
  return fmt::format(
      ". Its {} ({}) cost{} up to {:.1f} thread-ms/s of CPU time besides, by the same threads",
      is_one ? "cache line" : fmt::format("{} cache lines", folded.lines),
      fmt::join(folded.names, ", "), is_one ? "s" : "", folded.cost_ms_per_s);
}

class LineFolding {
 public:
  LineFolding(const Profile& profile, const std::vector<LockEvidence>& locks,
              std::vector<Finding>& findings)
      : profile_(profile), findings_(findings), locks_of_(findings.size()) {
    std::map<std::string, const LockEvidence*> by_fingerprint;
    for (const LockEvidence& evidence : locks) by_fingerprint[evidence.fingerprint] = &evidence;
    for (size_t i = 0; i < findings.size(); ++i) {
      const auto evidence = by_fingerprint.find(findings[i].fingerprint);
      if (evidence != by_fingerprint.end()) locks_of_[i] = evidence->second->locks;
    }
  }

  std::vector<Finding> run() {
    std::vector<bool> is_folded(findings_.size());
    for (size_t i = 0; i < findings_.size(); ++i) is_folded[i] = fold(findings_[i]);
    for (const auto& [lock, lines] : folded_) finish(findings_[lock], lines);
    std::vector<Finding> kept;
    for (size_t i = 0; i < findings_.size(); ++i)
      if (!is_folded[i]) kept.push_back(std::move(findings_[i]));
    return kept;
  }

 private:
  /// False if the line is no shadow of a lock that is a finding.
  bool fold(const Finding& line) {
    if (line.subject.kind != SubjectKind::kLine || !line.subject.address) return false;
    for (size_t i = 0; i < findings_.size(); ++i) {
      const auto here = locks_on_line(i, *line.subject.address);
      const bool is_lock_here =
          !here.empty() || is_spin_lock_on(profile_, findings_[i], *line.subject.address);
      if (!is_lock_here || has_foreign_writer(line, findings_[i])) continue;
      FoldedLines& folded = folded_[i];
      note_line(line, findings_[i], folded);
      if (here.size() > folded.most_locks) {
        folded.most_locks = here.size();
        folded.lock_bytes = here[0]->object.size;
      }
      return true;
    }
    return false;
  }

  std::vector<const LockIdentity*> locks_on_line(size_t finding, uint64_t line) const {
    std::vector<const LockIdentity*> here;
    for (const LockIdentity* lock : locks_of_[finding])
      if (is_on_line(*lock, line, profile_.recording.run.host.line_size)) here.push_back(lock);
    return here;
  }

  void finish(Finding& lock, const FoldedLines& lines) const {
    lock.reason += describe(lines);
    const bool are_neighbours = lines.most_locks > 1 && lines.is_false_sharing;
    if (are_neighbours && lock.verdict != Verdict::kLeave)
      lock.advice.push_back(advise_align_locks(lock.subject.name, lines.lock_bytes,
                                               lines.most_locks,
                                               profile_.recording.run.host.line_size));
  }

  const Profile& profile_;
  std::vector<Finding>& findings_;
  std::vector<std::vector<const LockIdentity*>> locks_of_;  // parallel to findings_
  std::map<size_t, FoldedLines> folded_;                    // by the index of the lock's finding
};

}  // namespace

std::vector<Finding> fold_lock_lines(const Profile& profile, const std::vector<LockEvidence>& locks,
                                     std::vector<Finding> findings) {
  return LineFolding(profile, locks, findings).run();
}

}  // namespace quarrel
